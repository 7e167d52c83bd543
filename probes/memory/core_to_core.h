#pragma once

#include "engine/probe.h"

namespace assay::memory {

/// memory.core_to_core: how long a cache line takes from one CPU to another, by pair of CPUs.
extern const Probe kCoreToCore;

}  // namespace assay::memory
