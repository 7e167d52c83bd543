#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "probes/network/udp/rate_search.h"
#include "probes/network/udp/trial.h"

namespace assay::network::udp {

struct LosslessPlan {
    Direction direction = Direction::up;
    std::size_t payload_bytes = 0;
    /// Of the whole search. As much again may come on top while no rate has passed.
    std::chrono::nanoseconds duration{};
    std::uint64_t seed = 0;  ///< fresh for each search
    std::string send_engine = "auto", receive_engine = "auto";
};

struct LosslessRate {
    /// UDP payload that the receiver got in the full trial without loss. nullopt where no full
    /// trial in the time was without loss.
    std::optional<double> bytes_per_s;
    /// The sender could not offer what would have been too much, though nothing held it back.
    bool sender_bound = false;
    /// The receiving host dropped what was too much: the rate is that host's, not the path's.
    bool receiver_bound = false;
    int trials = 0;
    std::optional<Trial> confirmed;       ///< that full trial
    std::optional<Trial> lossy;           ///< the last trial with loss, which says where it was
    std::optional<std::string> broken{};  ///< a trial's books contradict each other: why
};

/// Searches for the highest rate without loss, with trials on fresh flows. Errors: those of
/// play_trial; timed_out where the deadline leaves no time.
Expected<LosslessRate> find_lossless_rate(control::Peer& peer, const host::Host& host,
                                          const LosslessPlan& plan, const Interrupt& interrupt);

}  // namespace assay::network::udp
