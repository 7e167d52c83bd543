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
    /// Something was lost, and the receiving host says that it dropped it: the rate is too much for
    /// that host, or it was busy with something else for a moment.
    bool lost_at_receiver = false;
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
    /// While no full trial was without loss, further ones begin until this, at rates that fall
    /// quickly: a rate that is too low but was seen is worth more than none.
    std::chrono::steady_clock::time_point last_until;
    /// A rate is too high once this many trials at it lost datagrams at the receiving host: one of
    /// them can be a moment in which that host was busy. Loss elsewhere is believed at once.
    int host_losses_believed = 3;
};

struct SearchResult {
    double delivered_per_s = 0;  ///< of the full trial without loss
    double asked_per_s = 0;      ///< its rate; 0 = as fast as the sender could
    bool sender_bound = false;   ///< the sender could not offer what would have been too much
    /// What was lost above that rate, the receiving host dropped: its limit, not the path's.
    bool receiver_bound = false;
    int brief_trials = 0, full_trials = 0;
};

/// Finds the highest rate at which nothing is lost: brief trials close in on it, a full one has to
/// confirm it, and what it delivered is the result. nullopt where no full trial was without loss.
///
/// Brief trials judge too high, since queues take what a link does not carry; so a full trial with
/// loss is followed by one just below what the receiver got in it. And they judge too low where a
/// host was busy at the wrong moment; so after a full trial without loss the rate above it is tried
/// again while there is time, and the search goes on from there if nothing is lost this time.
/// Errors: of `trial`.
Expected<std::optional<SearchResult>> search_rate(
    const SearchSettings& settings,
    const std::function<Expected<RateSample>(double datagrams_per_s, TrialLength)>& trial);

}  // namespace assay::network::udp
