#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/finding.h"
#include "engine/host/files.h"
#include "engine/host/network_counters.h"
#include "probes/network/path/interface.h"
#include "probes/network/path/route.h"

namespace assay::network::path {

/// What this host did between two looks at it. Absent = not counted here, or reset in between.
struct PathDeltas {
    double seconds = 0;
    std::optional<InterfaceCounters> interface_counts;  ///< differences
    std::optional<std::uint64_t> queue_dropped, queue_held_back;
    /// Of all sockets of this network namespace, IPv4 and IPv6.
    std::optional<std::uint64_t> udp_receive_buffer_drops, udp_send_buffer_drops;
    std::optional<std::uint64_t> fragments_made, reassembly_failures;
    std::optional<std::uint64_t> tcp_retransmitted, tcp_sent;  ///< segments
    std::optional<std::uint64_t> backlog_dropped;              ///< softnet, whole host
    std::optional<double> busiest_cpu_share;                   ///< of one CPU of this host, 0 to 1
};

/// Looks at the way to one address before and after a test. All of it is read in the calling
/// thread's network namespace.
class PathWatch {
  public:
    /// Errors: unavailable (no route), by errno.
    static Expected<PathWatch> start(const host::Files& files, const Endpoint& remote);
    /// Since `start`. Never fails: what cannot be read is absent.
    PathDeltas deltas() const;

    const Route& route() const { return route_; }
    const InterfaceFacts& interface_facts() const { return interface_; }
    const std::optional<QueueDiscipline>& queue() const { return first_.queue; }

  private:
    struct Look {
        std::chrono::steady_clock::time_point time;
        std::optional<InterfaceCounters> interface_counts;
        std::optional<QueueDiscipline> queue;
        host::ProtocolCounters counters;
        std::optional<host::SoftnetCounters> softnet;
        std::map<int, host::CpuTicks> cpu_ticks;
    };
    PathWatch(host::Files files, Route route, InterfaceFacts facts);
    Look look() const;

    host::Files files_;
    Route route_;
    InterfaceFacts interface_;
    Look first_;
};

/// What a test itself put on the wire of one interface: frames, headers included.
struct OwnTraffic {
    double sent_bytes = 0;
    double received_bytes = 0;
};

/// The share of others in what the interface carried, in the direction where it is larger: nullopt
/// where the counts are missing or the interface carried too little to tell (below 1 MB).
/// Retransmits belong to `own`, or they count as others.
std::optional<double> share_of_others(const PathDeltas& deltas, const OwnTraffic& own);
/// More than this is told. An ARP, a log line and a monitoring agent stay below.
inline constexpr double kMostShareOfOthers = 0.02;

/// competing_traffic, fragmented, interface_losses: what the deltas say about a
/// test.
std::vector<Finding> path_findings(const PathWatch& watch, const PathDeltas& deltas,
                                   const std::optional<OwnTraffic>& own);

}  // namespace assay::network::path
