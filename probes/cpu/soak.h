#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/core/finding.h"

/// Load that lasts: what a processor does in its first second and what it keeps up. Pure.
namespace assay::cpu {

/// One second (or another equal part) of a soak, all threads together.
struct SoakPart {
    double rate = 0;       ///< in any one unit
    double clock_hz = 0;   ///< mean over the threads; 0 = not known
    double cpu_share = 1;  ///< CPU time of the threads by wall time
};

/// The rate of the first part. nullopt without parts.
std::optional<double> burst_rate(std::span<const SoakPart> parts);
/// The mean rate of the last third of the parts (at least one). nullopt without parts.
std::optional<double> sustained_rate(std::span<const SoakPart> parts);

/// Whether the rate fell: by Theil-Sen over 2 % of its median in all, which the Mann-Kendall test
/// gives a chance of under 1 % where nothing fell. Names what fell with it, by at least half as
/// much: the clock (`clock_fell`), the threads' CPU time (`cpu_time_fell`), or neither
/// (`drifting`). nullopt below eight parts.
std::optional<Finding> judge_soak(std::span<const SoakPart> parts);

}  // namespace assay::cpu
