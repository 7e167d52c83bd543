#include "probes/network/control/environment.h"

#include <algorithm>
#include <string>

#include "engine/core/value.h"
#include "engine/host/environment.h"

namespace assay::network::control {
namespace {

/// So many facts and so long names that a welcome can carry them, with its own and their prefix.
constexpr std::size_t kMostFacts = 200;
constexpr std::size_t kMostNameBytes = 32;
constexpr std::size_t kMostTextBytes = 256;

std::string field_name(const std::string& text) {
    std::string name;
    for (const char letter : text) {
        const bool fits = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
        name += fits ? letter : '_';
    }
    return name;
}

void flatten(const Value& value, const std::string& name, Fields& fields) {
    if (name.size() > kMostNameBytes || fields.size() >= kMostFacts)
        return;
    if (const auto* object = value.as_object()) {
        for (const Member& member : *object)
            flatten(member.value, name + "." + field_name(member.name), fields);
    } else if (const auto* list = value.as_list()) {
        for (std::size_t at = 0; at < list->size(); ++at)
            flatten((*list)[at], name + "." + std::to_string(at), fields);
    } else if (const auto truth = value.as_bool()) {
        fields.set(name, std::uint64_t{*truth ? 1u : 0u});
    } else if (const auto integer = value.as_integer()) {
        fields.set(name, *integer);
    } else if (const auto number = value.as_number()) {
        fields.set(name, *number);
    } else if (const std::string* text = value.as_text()) {
        if (text->size() <= kMostTextBytes)
            fields.set(name, *text);
    }
}

}  // namespace

Fields environment_fields(const host::Host& host) {
    const Value all = host::read_environment(host.files, host.topology, host.cgroup, {.path = "/"});
    Fields fields;
    for (const char* section : {"kernel", "network"})
        if (const Value* found = all.find(section))
            flatten(*found, section, fields);
    return fields;
}

}  // namespace assay::network::control
