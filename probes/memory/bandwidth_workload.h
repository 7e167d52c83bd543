#pragma once

#include <memory>

#include "engine/probe.h"
#include "probes/memory/bandwidth_settings.h"

namespace assay::memory {

/// Starts the threads and lets each fill its own array. Every block that is read is compared with
/// the closed form of what was written; verify fails if one differed.
/// Errors: as WorkerTeam::start and PrivateArray::make.
Expected<std::unique_ptr<Workload>> make_bandwidth_workload(const RunContext& context,
                                                            const BandwidthSettings& settings);

}  // namespace assay::memory
