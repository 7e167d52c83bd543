#pragma once

#include <memory>

#include "engine/probe.h"
#include "probes/memory/bandwidth_settings.h"

namespace assay::memory {

/// Threads that start late or end early by more than this share of the window make it one that is
/// not common to all.
inline constexpr double kMostWindowSkew = 0.02;

/// Starts the threads and lets each fill its own arrays. Every block that is read is compared with
/// the closed form of what was written, and every block that was stored to with what it must hold;
/// verify fails if one differed. Errors: as WorkerTeam::start and ArraySet::fill.
Expected<std::unique_ptr<Workload>> make_bandwidth_workload(const RunContext& context,
                                                            const BandwidthSettings& settings);

}  // namespace assay::memory
