#pragma once

#include "engine/probe.h"

namespace assay::cpu {

/// cpu.scaling: how much of n times one thread's rate n threads reach, and which CPUs share a core.
extern const Probe kScaling;

}  // namespace assay::cpu
