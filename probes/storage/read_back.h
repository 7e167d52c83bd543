#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/core/error.h"
#include "probes/storage/target.h"

namespace assay::storage {

/// A stretch of the target that this run wrote: equal blocks, each at least as new as its sequence.
struct Piece {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::vector<std::uint64_t> least_sequences;  ///< one a block, at least one
};

/// Reads the pieces past the page cache and compares them with the target's payload. Errors: io
/// (with the offset of the first sector that is wrong), timed_out, interrupted, unavailable.
Expected<void> read_back(const std::shared_ptr<const Target>& target, std::vector<Piece> pieces,
                         std::chrono::steady_clock::time_point deadline,
                         const std::stop_token& stop);

}  // namespace assay::storage
