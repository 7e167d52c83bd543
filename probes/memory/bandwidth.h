#pragma once

#include "engine/probe.h"

namespace assay::memory {

/// memory.bandwidth: bytes a second that threads read from the memory of their NUMA node.
extern const Probe kBandwidth;

}  // namespace assay::memory
