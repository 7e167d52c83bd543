#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/finding.h"
#include "probes/network/path/limit.h"

namespace assay::network::tcp {

/// Of the window, for the busiest thread of an end: in which it used a CPU, and in which it waited
/// for one that others had.
struct CpuShares {
    double used = 0, waited = 0;
};

/// What the interface by which the streams leave the sender did in the window.
struct LeavingInterface {
    std::string_view queue_kind;
    bool queue_is_shaper = false;
    std::uint64_t queue_dropped = 0, queue_held = 0;
    std::uint64_t sent_bytes = 0;        ///< by all programs; 0: unknown
    std::uint64_t link_bytes_per_s = 0;  ///< as above
};

/// What both ends saw of one direction in the window.
struct LimitFacts {
    bool same_host = false;
    double bytes_per_s = 0;
    std::size_t streams = 1;
    double window_s = 0;
    CpuShares sender_cpu, receiver_cpu;
    std::optional<double> busy_share;  ///< of the window: the sender had something to send
    /// Of the time in which the sender had something to send. nullopt: the kernel does not say.
    std::optional<double> window_limited_share, buffer_limited_share;
    std::uint64_t retransmits = 0, segments = 0, segment_bytes = 0;
    double rtt_ns = 0;                    ///< mean in the window
    std::optional<double> least_rtt_ns;   ///< nullopt: the kernel does not say
    std::uint64_t send_buffer_bytes = 0;  ///< 0: unknown
    std::uint64_t receive_buffer_bytes = 0;
    std::vector<double> rates_bytes_per_s;  ///< of equal stretches of the window
    LeavingInterface interface {};
};

/// What path::judge_limit needs of them.
path::LimitEvidence evidence_of(const LimitFacts& facts);

/// What kept one direction from being faster: the row of the list of findings for it, or
/// `network_limit` where there is none, with the values that were seen. "Could not be told" is
/// told too. `where` begins each sentence: "Up".
std::vector<Finding> limits_of(const LimitFacts& facts, std::string_view where);

}  // namespace assay::network::tcp
