#pragma once

#include <span>

#include "engine/host/isa.h"

namespace assay::host {

/// Runs `instruction` and returns what it returns, or false where the processor refuses it
/// (SIGILL): the process survives. The handler of SIGILL is ours for that time only; a fault of
/// another thread meanwhile ends the process as ever. Call before other threads set that handler.
bool runs_without_fault(bool (*instruction)());

/// Fills the column `self_test` of each feature that CPUID and the operating system affirm: one
/// instruction of it, whose right answer is known. Microseconds.
void run_self_tests(std::span<CpuFeature> features);

}  // namespace assay::host
