#pragma once

#include <cstdint>

#include "engine/probe.h"

namespace assay::memory {

/// What one probe of this room may take of the run's memory: half of what is left, so that those
/// after it find some too; all of it where it is alone (a run has a shelf, one probe has none).
inline std::uint64_t own_allowance_bytes(const RunContext& context) {
    return context.shelf == nullptr ? context.memory_allowance_bytes
                                    : context.memory_allowance_bytes / 2;
}

}  // namespace assay::memory
