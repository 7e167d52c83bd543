#include "engine/host/environment.h"

#include <algorithm>

#include "engine/host/environment_sections.h"
#include "engine/host/parse.h"
#include "engine/host/sha256.h"

namespace assay::host {
namespace {

// Names of files and mounts may be any bytes; a result file is UTF-8. What is no text, or
// says nothing, is unknown; a member whose name is no text goes.
void keep_text_only(Value& value) {
    if (const std::string* text = value.as_text()) {
        if (text->empty() || !is_plain_text(*text))
            value = Value();
    } else if (auto* list = std::get_if<Value::List>(&value.data)) {
        for (Value& item : *list)
            keep_text_only(item);
    } else if (auto* members = std::get_if<Value::Object>(&value.data)) {
        std::erase_if(*members, [](const Member& member) { return !is_plain_text(member.name); });
        for (Member& member : *members)
            keep_text_only(member.value);
    }
}

// The lines of proc/self/cgroup: which group of which hierarchy this process is in.
Value groups_of(const Files& files) {
    const std::optional<std::string> text = files.read("proc/self/cgroup");
    if (!text)
        return {};
    Value::List groups;
    for (const std::string_view line : lines_of(*text)) {
        const std::vector<std::string_view> fields = pieces_of(line, ':');
        if (fields.size() < 3)
            continue;
        const std::size_t path_at = fields[0].size() + fields[1].size() + 2;
        groups.emplace_back(
            Value::Object{{"controllers", fields[1].empty() ? "v2" : std::string(fields[1])},
                          {"path", std::string(line.substr(path_at))}});
    }
    return groups.empty() ? Value() : Value(std::move(groups));
}

Value text_or_null(const std::string& text) {
    return text.empty() ? Value() : Value(text);
}

}  // namespace

Value hashed(const std::optional<std::string>& secret) {
    return secret && !secret->empty() ? Value(sha256_hex(*secret)) : Value();
}

std::optional<bool> read_switch(const Files& files, std::string_view path) {
    const auto number = files.read_integer(path);
    if (number != 0 && number != 1)
        return std::nullopt;
    return number == 1;
}

Value cgroup_section(const Files& files, const Topology& topology, const CgroupLimits& limits) {
    const std::vector<int> allowed = topology.allowed_cpus();
    std::optional<double> effective_cpus = limits.cpu_quota;
    if (!allowed.empty())
        effective_cpus = std::min(static_cast<double>(allowed.size()),
                                  limits.cpu_quota.value_or(static_cast<double>(allowed.size())));
    // Every process has mounts; without a list of them nothing is known of control groups.
    const bool known = !read_mounts(files).empty();
    return Value::Object{
        {"version", known ? Value(limits.version) : Value()},
        {"cpu_quota", limits.cpu_quota},
        {"cpu_quota_group", text_or_null(limits.cpu_quota_group)},
        {"effective_cpus", effective_cpus},
        {"memory_limit_bytes", limits.memory_limit_bytes},
        {"memory_limit_group", text_or_null(limits.memory_limit_group)},
        {"groups", groups_of(files)},
    };
}

Value read_environment(const Files& files, const Topology& topology, const CgroupLimits& limits,
                       const EnvironmentRequest& request) {
    Value environment = Value::Object{
        {"host", host_section(files)},
        {"cpu", cpu_section(files, topology)},
        {"memory", memory_section(files)},
        {"numa", numa_section(files, topology)},
        {"storage", storage_section(files, request.path)},
        {"network", network_section(files)},
        {"kernel", kernel_section(files)},
        {"cgroup", cgroup_section(files, topology, limits)},
    };
    keep_text_only(environment);
    return environment;
}

}  // namespace assay::host
