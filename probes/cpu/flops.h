#pragma once

#include "engine/probe.h"

namespace assay::cpu {

/// cpu.flops: multiply-add operations a second out of registers, by instruction set, on one CPU
/// and on all allowed ones.
extern const Probe kFlops;

}  // namespace assay::cpu
