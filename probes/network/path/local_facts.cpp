#include "probes/network/path/local_facts.h"

#include <array>
#include <cstdint>
#include <utility>

#include "engine/host/environment_sections.h"

namespace assay::network::path {
namespace {

template <class T>
void set_known(Fields& fields, std::string_view name, const std::optional<T>& value) {
    if (value)
        fields.set(name, FieldValue(*value));
}

void set_known(Fields& fields, std::string_view name, std::optional<bool> value) {
    if (value)
        fields.set(name, FieldValue(std::uint64_t{*value}));
}

void add_interface(Fields& fields, unsigned index) {
    const auto facts = interface_of(index);
    if (!facts)
        return;
    fields.set("nic.name", facts->name);
    set_known(fields, "nic.driver", facts->driver);
    set_known(fields, "nic.speed_bytes_per_s", facts->speed_bytes_per_s);
    if (facts->mtu_bytes)
        fields.set("nic.mtu_bytes", std::uint64_t{*facts->mtu_bytes});
    const host::NicOffloads& offloads = facts->offloads;
    set_known(fields, "nic.receive_checksum", offloads.receive_checksum);
    set_known(fields, "nic.transmit_checksum", offloads.transmit_checksum);
    set_known(fields, "nic.scatter_gather", offloads.scatter_gather);
    set_known(fields, "nic.tcp_segmentation", offloads.tcp_segmentation);
    set_known(fields, "nic.generic_segmentation", offloads.generic_segmentation);
    set_known(fields, "nic.generic_receive", offloads.generic_receive);
    set_known(fields, "nic.large_receive", offloads.large_receive);
    if (const auto queue = queue_discipline_of(index))
        fields.set("nic.queue_discipline", queue->kind);
}

}  // namespace

Fields local_facts(const host::Files& files, const Route& route) {
    Fields fields;
    fields.set("route.same_host", std::uint64_t{route.same_host});
    set_known(fields, "route.source", route.source);
    set_known(fields, "route.gateway", route.gateway);
    add_interface(fields, route.interface_index);
    const Value network = host::network_section(files);
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSysctls{{
        {"sysctl.tcp_congestion_control", "tcp_congestion_control"},
        {"sysctl.default_qdisc", "default_queue_discipline"},
        {"sysctl.rmem_max", "receive_buffer_max_bytes"},
        {"sysctl.wmem_max", "send_buffer_max_bytes"},
    }};
    for (const auto& [name, key] : kSysctls) {
        const Value* const value = network.find(key);
        if (value == nullptr)
            continue;
        if (const std::string* text = value->as_text())
            fields.set(name, *text);
        else if (const auto number = value->as_integer(); number && *number >= 0)
            fields.set(name, static_cast<std::uint64_t>(*number));
    }
    return fields;
}

}  // namespace assay::network::path
