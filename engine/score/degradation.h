#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/core/metric.h"

/// Has a host become worse? One number a run, in the order of time, finite, in any one unit.
namespace assay::score {

/// From this many runs on levels are compared; below, the last run with a band.
inline constexpr std::size_t kFewestForLevels = 8;
/// A band needs so many runs before the last.
inline constexpr std::size_t kFewestForBand = 4;
/// Smaller changes are no alarm, however certain they are.
inline constexpr double kLeastEffect = 0.02;

enum class ChangeKind { better, worse, other };

/// A new level, held against the one before.
struct LevelChange {
    std::size_t at = 0;            ///< index of its first run
    double before = 0, after = 0;  ///< medians of the levels
    double ratio = 0;              ///< after / before - 1
    double p_value = 0;            ///< of the t-test between the two
    ChangeKind kind = ChangeKind::other;
};

/// A slow slide inside the newest level.
struct Drift {
    double per_run = 0;  ///< Theil-Sen slope over the level's median, a ratio
    double total = 0;    ///< over the whole level
    double p_value = 0;  ///< two-sided, Mann-Kendall
    std::size_t from = 0;
    double begins = 0, ends = 0;  ///< the line's values at that run and at the last
    ChangeKind kind = ChangeKind::other;
};

/// What the runs before the last one said it would be.
struct Band {
    double median = 0, low = 0, high = 0;
    bool is_left = false;  ///< the last run is outside
    ChangeKind kind = ChangeKind::other;
};

struct Degradation {
    std::optional<Band> band;          ///< 5 to 7 runs
    std::vector<LevelChange> changes;  ///< 8 runs or more, oldest first
    std::optional<Drift> drift;        ///< 8 runs or more in the newest level

    bool is_worse() const;  ///< the newest level, the drift or the band says worse
};

/// Fewer than 5 runs: nothing can be said. Fewer than 8: a band of median +- MAD around the runs
/// before the last. From 8: change points, and the drift of the newest level. Alarms have a p-value
/// below 0.001 and an effect of at least kLeastEffect.
Degradation find_degradation(std::span<const double> values, Better better);

}  // namespace assay::score
