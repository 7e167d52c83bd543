#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "engine/core/finding.h"

namespace assay::storage {

/// Rounds in a window of the steady-state test.
inline constexpr std::size_t kSteadyWindow = 5;
/// A window is steady where (max - min) is at most this share of its mean, ...
inline constexpr double kSteadyRange = 0.20;
/// ... and its least-squares line rises or falls by at most this share of the mean, from the first
/// round of the window to the last. Source of both: SNIA, "Solid State Storage Performance Test
/// Specification"; after secondary sources, so no conformance is claimed.
inline constexpr double kSteadySlope = 0.10;
/// Ours: the standard stops at the first steady window, so a slow drift, each window of which is
/// steady, goes unseen. A later window whose mean lies further than this from that of the first
/// steady one has left it.
inline constexpr double kSteadyDrift = 0.10;

struct SteadyState {
    std::optional<std::size_t> attained_at;  ///< index of the round that ends the first steady
                                             ///< window
    std::optional<std::size_t> left_at;      ///< index of the round that ends the first window
                                             ///< after it that is not steady, or has drifted away
    bool is_steady = false;                  ///< the last window is steady, and near the first one
    std::optional<double> range_ratio;  ///< of the last window: (max - min) / mean; absent below
                                        ///< kSteadyWindow rounds, or without a positive mean
    std::optional<double> slope_ratio;  ///< of the last window: |rise of the line| / mean
    std::optional<double> drift_ratio;  ///< |mean of the last window / mean of the first steady
                                        ///< one - 1|; absent before that is attained
};

/// Looks at every window of kSteadyWindow rounds. `rounds` in time order, in any one unit, positive
/// where anything was done at all. Pure, O(n).
SteadyState judge_steady_state(std::span<const double> rounds);

/// not_steady where no window was steady (also: fewer rounds than a window), left_steady_state
/// where one was and a later one is not. `what` names the series: "write iops".
std::optional<Finding> judge_steadiness(std::span<const double> rounds, std::string_view what);

}  // namespace assay::storage
