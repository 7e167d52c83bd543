#pragma once

#include <memory>

#include "engine/probe.h"
#include "probes/memory/loaded_settings.h"

namespace assay::memory {

/// A generator that moves less than this share of what it was set to has not held its rate.
inline constexpr double kHeldLoad = 0.95;

/// Touches the memory on the threads that use it and measures the full rate of each mix.
/// Errors: as WorkerTeam::start, ChaseRing::make and Generator::make.
Expected<std::unique_ptr<Workload>> make_loaded_workload(const RunContext& context,
                                                         const LoadedSettings& settings);

}  // namespace assay::memory
