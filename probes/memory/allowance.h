#pragma once

#include <cstdint>

#include "engine/probe.h"

namespace assay::memory {

/// What one probe of this room may take of the memory that is handed to it: half, so that those
/// after it in a run find some too.
inline std::uint64_t own_allowance_bytes(const RunContext& context) {
    return context.memory_allowance_bytes / 2;
}

}  // namespace assay::memory
