#pragma once

#include "engine/probe.h"

namespace assay::memory {

/// memory.loaded_latency: how the latency of one CPU grows while the others move data at set rates.
extern const Probe kLoadedLatency;

}  // namespace assay::memory
