#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "engine/probe.h"
#include "probes/cpu/fma_kernel.h"

namespace assay::cpu {

/// Of a point of the curve, and of the pairs of CPUs.
inline constexpr double kPointRoundShare = 0.08, kPairsRoundShare = 0.08;

struct ScalingSettings {
    FmaKernel kernel;
    std::vector<std::size_t> points;  ///< threads, rising
    bool compares_pairs = true;       ///< looks for CPUs that share a core, where there are two
    std::vector<std::size_t> absent;  ///< points that are usual and that this host cannot carry
};

/// The usual points 1, 2, 4, 8, ... up to `allowed`, and the numbers of physical cores and of CPUs;
/// `absent`: those up to 16 that are beyond.
std::vector<std::size_t> scaling_points(std::size_t cores, std::size_t allowed);
std::vector<std::size_t> absent_points(std::size_t allowed);

/// Physical cores that this process may use, as the system shows them.
std::size_t allowed_cores(const host::Topology& topology);

/// The prepared probe. verify compares what every block left with the known answer.
/// Errors: as WorkerTeam::start.
Expected<std::unique_ptr<Workload>> make_scaling_workload(const RunContext& context,
                                                          ScalingSettings settings);

}  // namespace assay::cpu
