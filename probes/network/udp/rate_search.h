#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "engine/core/error.h"

namespace assay::network::udp {

/// What a trial at one rate showed. Rates in datagrams a second.
struct RateSample {
    double offered_per_s = 0;    ///< by the sender's clock, which may not reach what was asked for
    double delivered_per_s = 0;  ///< by the receiver's clock, after the ramp
    bool lossless = false;
};

enum class TrialLength { brief, full };

struct SearchSettings {
    double most_per_s = 0;  ///< 0 = as fast as the sender can
    /// Brief trials stop when lossless and lossy rates are this close, as a ratio.
    double resolution = 1.005;
    /// Brief trials begin before this; then a full one must confirm.
    std::chrono::steady_clock::time_point brief_until;
    /// No full trial begins after this, but one is made in any case.
    std::chrono::steady_clock::time_point full_until;
};

struct SearchResult {
    double delivered_per_s = 0;  ///< of the full trial without loss
    double asked_per_s = 0;      ///< its rate; 0 = as fast as the sender could
    bool sender_bound = false;   ///< the sender could not offer what would have been too much
    int brief_trials = 0, full_trials = 0;
};

/// Finds the highest rate at which nothing is lost: brief trials close in on it, a full one has to
/// confirm it, and what it delivered is the result. nullopt where no full trial was without loss.
///
/// Brief trials judge too high, since queues take what a link does not carry; so a full trial with
/// loss is followed by one just below what the receiver got in it. Errors: of `trial`.
Expected<std::optional<SearchResult>> search_rate(
    const SearchSettings& settings,
    const std::function<Expected<RateSample>(double datagrams_per_s, TrialLength)>& trial);

}  // namespace assay::network::udp
