#pragma once

#include <optional>
#include <span>

#include "engine/core/finding.h"

/// Which CPUs share the execution units of one core (simultaneous multithreading, SMT), from how
/// much a busy one slows another down. Pure.
namespace assay::cpu {

struct CpuPair {
    int first = 0, second = 0;       ///< OS indices
    bool shown_as_one_core = false;  ///< by the system's topology
    /// Speed of the first beside the busy second, by its speed alone: 1 where they have nothing in
    /// common, a little less where the clock falls, 1/2 where they share the multiply-add units.
    double speed_ratio = 1;
};

enum class SharedCores {
    none,    ///< every pair kept its speed
    shown,   ///< only pairs that the system shows as siblings lost it
    hidden,  ///< a pair lost it that looks like two cores: a hypervisor hides the siblings
    unclear  ///< a pair lost something, but not as much as siblings do
};

/// Up to these a pair counts as sharing a core, and from these as apart.
inline constexpr double kMostOfSiblings = 0.70;
inline constexpr double kLeastOfCores = 0.85;

/// nullopt without pairs.
std::optional<SharedCores> classify(std::span<const CpuPair> pairs);

/// `hidden_smt` with the pair that shows it best, `pairs_unclear`, or nothing to say.
std::optional<Finding> shared_core_finding(std::span<const CpuPair> pairs);

}  // namespace assay::cpu
