#pragma once

#include "engine/probe.h"

namespace assay::memory {

/// memory.bandwidth: bytes a second that threads read from, write to, copy in and combine from the
/// memory of a NUMA node.
extern const Probe kBandwidth;

}  // namespace assay::memory
