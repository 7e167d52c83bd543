#include "probes/network/tcp/sender_path.h"

#include "probes/network/path/interface.h"
#include "probes/network/path/route.h"

namespace assay::network::tcp {

std::optional<SenderPath> SenderPath::of(const Socket& stream) {
    const auto remote = Endpoint::of_other_end(stream.descriptor());
    if (!remote)
        return std::nullopt;
    const auto route = path::route_to(*remote);
    if (!route || route->interface_index == 0)
        return std::nullopt;
    return SenderPath(route->interface_index);
}

void SenderPath::describe(SenderReport& report) const {
    if (const auto facts = path::interface_of(interface_index_);
        // What a virtual interface claims for a speed limits nothing.
        facts && facts->speed_bytes_per_s && facts->driver && *facts->driver != "veth")
        report.link_bytes_per_s = static_cast<std::uint64_t>(*facts->speed_bytes_per_s);
    if (const auto queue = path::queue_discipline_of(interface_index_)) {
        report.queue_kind = queue->kind;
        report.queue_is_shaper = queue->is_shaper() ? 1 : 0;
    }
}

void SenderPath::count(SenderTick& tick) const {
    if (const auto counters = path::interface_counters(interface_index_))
        tick.interface_bytes = counters->tx_bytes;
    if (const auto queue = path::queue_discipline_of(interface_index_)) {
        tick.queue_dropped = queue->dropped.value_or(0);
        tick.queue_held = queue->held_back.value_or(0);
    }
}

}  // namespace assay::network::tcp
