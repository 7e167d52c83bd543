#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include "engine/core/error.h"
#include "probes/storage/target.h"

namespace assay::storage {

struct FillRequest {
    std::uint64_t bytes = 0;  ///< a multiple of the target's alignment
    std::uint64_t run = 0;    ///< of the payload
    unsigned passes = 1;      ///< over the whole file; those after the first as far as time allows
    std::chrono::steady_clock::time_point enough;    ///< then a smaller file must do
    std::chrono::steady_clock::time_point deadline;  ///< then it is given up
    std::stop_token stop;
};

/// Writes a payload over the whole file past the page cache and syncs it. What it could not write
/// in time is cut off: the target's size says how much there is, at least kLeastFileBytes or what
/// was asked for. The filesystem's reserve is never touched. A device that hangs is left behind
/// with a thread waiting for it.
/// Errors: no_space, io, timed_out, interrupted, unavailable (no memory).
Expected<Target> fill_file(Target target, const FillRequest& request);

}  // namespace assay::storage
