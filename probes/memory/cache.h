#pragma once

#include "engine/probe.h"

namespace assay::memory {

/// memory.cache: how many loads the last-level cache serves, counted where the processor's counters
/// are to be had, and estimated from latencies under a name of its own.
extern const Probe kCache;

}  // namespace assay::memory
