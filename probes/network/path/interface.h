#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/error.h"
#include "engine/host/nic_offloads.h"

namespace assay::network::path {

/// What an interface counted since it came up (IFLA_STATS64).
struct InterfaceCounters {
    std::uint64_t rx_bytes = 0, tx_bytes = 0;
    std::uint64_t rx_packets = 0, tx_packets = 0;
    std::uint64_t rx_dropped = 0, tx_dropped = 0;
    std::uint64_t rx_errors = 0, tx_errors = 0;
    std::uint64_t rx_missed = 0;  ///< the card had no room for them
    bool operator==(const InterfaceCounters&) const = default;
};

/// What an interface is. Absent = the kernel or the driver does not say.
struct InterfaceFacts {
    unsigned index = 0;
    std::string name;
    bool up = false;  ///< it has a carrier
    std::optional<std::uint32_t> mtu_bytes;
    std::optional<double> speed_bytes_per_s;
    std::optional<std::string> driver;
    host::NicOffloads offloads;
    InterfaceCounters counters;
};

/// Asks rtnetlink and ethtool in the calling thread's network namespace, where sysfs would show
/// that of the mount. Errors: not_found, by errno.
Expected<InterfaceFacts> interface_of(unsigned index);
/// The counters alone: what a snapshot before and after a test takes.
Expected<InterfaceCounters> interface_counters(unsigned index);

/// The queue discipline at the root of an interface.
struct QueueDiscipline {
    std::string kind;  ///< "fq_codel", "tbf", "noqueue"
    /// Packets that it dropped, and how often it held one back to keep a rate; absent where the
    /// kernel does not count (noqueue).
    std::optional<std::uint64_t> dropped, held_back;
    std::optional<std::uint64_t> backlog_bytes;
    /// A kind that exists to keep a rate (tbf, htb, hfsc, cake, cbq).
    bool is_shaper() const;
};
/// A root counts what its children drop as well (mq sums its queues). Errors: not_found, by errno.
Expected<QueueDiscipline> queue_discipline_of(unsigned index);

}  // namespace assay::network::path
