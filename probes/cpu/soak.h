#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/core/finding.h"

/// Load that lasts: what a processor does in its first seconds and what it keeps up. Pure.
namespace assay::cpu {

/// One second (or another equal part) of a soak, all threads together.
struct SoakPart {
    double rate = 0;       ///< in any one unit
    double clock_hz = 0;   ///< mean over the threads; 0 = not known
    double cpu_share = 1;  ///< CPU time of the threads by wall time
    // What the kernel counted meanwhile; nullopt where it does not say.
    std::optional<double> steal_ratio{};        ///< of the CPU time of the measured CPUs
    std::optional<double> throttled_periods{};  ///< a second, by quotas on our control groups
    std::optional<double> heat_events{};        ///< a second, of the measured CPUs
    std::optional<double> cooling_steps{};      ///< how deep cooling slows processors down
};

/// The mean rate of the first five parts, or of the first third where that is less. nullopt without
/// parts.
std::optional<double> burst_rate(std::span<const SoakPart> parts);
/// The mean rate of the last third of the parts (at least one). nullopt without parts.
std::optional<double> sustained_rate(std::span<const SoakPart> parts);

/// How the rate fell, to stay down.
struct SoakFall {
    double ratio = 0;  ///< of what it was before, in (0, 1]
    /// The first part of the new level; nullopt where the rate slid all along.
    std::optional<std::size_t> at;
};
/// Whether the rate fell by 2 % or more for good: in a step (change points of p < 0.001), or in a
/// slide (Theil-Sen, where Mann and Kendall's test gives it a chance of under 1 %), whichever lies
/// closer to the series. nullopt below eight parts.
std::optional<SoakFall> find_fall(std::span<const SoakPart> parts);

/// Names what goes with the fall and explains at least half of it, in this order: the quota
/// (`quota_throttled`), steal (`steal_rose`), heat (`heat_throttled`), the clock without any of
/// them (`clock_fell`), the threads' CPU time alone (`cpu_time_fell`), or nothing that was seen
/// (`drifting`). `part_s`: length of a part. nullopt where nothing fell.
std::optional<Finding> judge_soak(std::span<const SoakPart> parts, double part_s);

}  // namespace assay::cpu
