#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/probe.h"
#include "probes/cpu/fma_kernel.h"

namespace assay::cpu {

/// A round takes the rate, or loads the CPUs for as long as it may and looks whether they keep up.
enum class FlopsTask { rate, soak };

/// How a soak is taken. The heat of a server settles within a minute or so; three rounds over an
/// hour show a budget of credits that empties in between.
inline constexpr Lasting kSoak{.rounds = 3, .length = std::chrono::seconds(100)};

/// One case of cpu.flops.
struct FlopsCase {
    FmaKernel kernel;
    std::size_t threads = 1;
    std::string scope;  ///< "one", "all" (allowed CPUs), "some"
    FlopsTask task = FlopsTask::rate;
    double round_share = 1;
};

/// The prepared probe. Each block starts from the same values and so must leave the same bits;
/// verify compares those of every block that was run with the known answer.
/// Errors: as WorkerTeam::start.
Expected<std::unique_ptr<Workload>> make_flops_workload(const RunContext& context,
                                                        std::vector<FlopsCase> cases);

}  // namespace assay::cpu
