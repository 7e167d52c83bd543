#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/host/isa.h"
#include "engine/probe.h"

namespace assay::cpu {

/// A pair of runs takes 0.1 ms, so some tens of milliseconds are hundreds of samples.
inline constexpr double kClockRoundShare = 0.03;

/// One case of cpu.clock.
struct ClockCase {
    std::optional<host::Isa> isa;  ///< of the vector work in the chain's shadow; absent = none
    std::size_t threads = 1;
    std::string scope;  ///< "one", "all" (allowed CPUs), "some"
};

/// The prepared probe. verify compares what every block left with the known answer.
/// Errors: as WorkerTeam::start; unsupported (no chains for this processor).
Expected<std::unique_ptr<Workload>> make_clock_workload(const RunContext& context,
                                                        std::vector<ClockCase> cases);

}  // namespace assay::cpu
