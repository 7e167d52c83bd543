#pragma once

#include "engine/core/run.h"

namespace assay::test {

/// The full run with what the deep profile adds: curves over threads, working set, memory load,
/// depth, block, offered rate and streams, each with the conditions that the probes give them, and
/// of fifteen rounds the stretches. `factor` multiplies its times and divides its rates: over 1 is
/// a slower host.
Run deep_run(double factor = 1);

}  // namespace assay::test
