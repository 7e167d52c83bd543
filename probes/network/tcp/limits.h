#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/finding.h"

namespace assay::network::tcp {

/// Of the window, for the busiest thread of an end: in which it used a CPU, and in which it waited
/// for one that others had.
struct CpuShares {
    double used = 0, waited = 0;
};

/// What both ends saw of one direction in the window.
struct LimitFacts {
    double bytes_per_s = 0;
    std::size_t streams = 1;
    CpuShares sender_cpu, receiver_cpu;
    /// Of the time in which the sender had something to send. nullopt: the kernel does not say.
    std::optional<double> window_limited_share, buffer_limited_share;
    std::uint64_t retransmits = 0, segments = 0, segment_bytes = 0;
    double rtt_ns = 0;                    ///< mean in the window
    std::optional<double> least_rtt_ns;   ///< nullopt: the kernel does not say
    std::uint64_t send_buffer_bytes = 0;  ///< 0: unknown
    std::uint64_t receive_buffer_bytes = 0;
};

/// What kept one direction from being faster, the likeliest cause first: rows of the list of
/// findings, with the values that were seen. Empty where nothing stands out: that is honest, since
/// nothing was shown. `where` begins each sentence: "Up".
std::vector<Finding> limits_of(const LimitFacts& facts, std::string_view where);

}  // namespace assay::network::tcp
