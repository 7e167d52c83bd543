#pragma once

#include "engine/probe.h"

namespace assay::cpu {

/// cpu.clock: the clock that the cores really run at, in scalar and in vector work, from chains of
/// dependent operations.
extern const Probe kClock;

}  // namespace assay::cpu
