#pragma once

#include <memory>

#include "engine/probe.h"
#include "probes/memory/latency_settings.h"

namespace assay::memory {

/// Above this share of steps to neighbouring lines a prefetcher can follow the chase. A random
/// order of 64 lines, the fewest, has an eighth.
inline constexpr double kMostNearSteps = 0.3;

/// Allocates the rings on their nodes, touched by the CPU that follows them, and walks each once:
/// a cycle that closes early is an error. Each round makes a fresh one, and verify fails if a chase
/// did not end where its hops lead.
/// Errors: as WorkerTeam::start and ChaseRing::make; internal (a ring that is no single cycle).
Expected<std::unique_ptr<Workload>> make_latency_workload(const RunContext& context,
                                                          const LatencySettings& settings);

}  // namespace assay::memory
