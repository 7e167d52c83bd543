#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/finding.h"

namespace assay::storage {

/// Where the bytes of a file lie, as the filesystem says (Documentation/filesystems/fiemap.rst).
/// hole + unwritten + delayed + written = covered.
struct ExtentMap {
    std::uint64_t covered_bytes = 0;    ///< from offset 0: the file's size, unless not complete
    std::uint64_t hole_bytes = 0;       ///< no extent: reads give zeros without the device
    std::uint64_t unwritten_bytes = 0;  ///< allocated and never written: likewise
    std::uint64_t delayed_bytes = 0;    ///< in the page cache, not yet given a place
    std::uint64_t written_bytes = 0;    ///< all the rest
    // Of the written ones:
    std::uint64_t inline_bytes = 0;   ///< beside the metadata, not in blocks of their own
    std::uint64_t shared_bytes = 0;   ///< with other files or snapshots
    std::uint64_t encoded_bytes = 0;  ///< compressed, and not encrypted
    std::uint64_t extents = 0;
    bool is_complete = true;  ///< false: the file has over a million extents; those beyond are
                              ///< not in any of the sums
};

/// Asks for the extents of an open file, up to `size_bytes`, a page of them at a time. Writes
/// nothing: sync the file first, or its latest bytes are `delayed`. Errors: unsupported (a
/// filesystem without FIEMAP, a device), io and others by errno.
Expected<ExtentMap> map_extents(int file, std::uint64_t size_bytes);

/// unwritten_data where over 1 % of what is covered is unwritten or a hole;
/// transparent_compression where over 1 % is encoded. `path` is for the message.
std::vector<Finding> judge_extents(const ExtentMap& map, std::string_view path);

}  // namespace assay::storage
