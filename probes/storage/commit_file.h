#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/error.h"
#include "probes/storage/fd.h"
#include "probes/storage/target.h"

namespace assay::storage {

/// The unnamed file that records are committed to.
struct CommitFile {
    Fd file;
    std::string path;
};

enum class CommitFileKind {
    preallocated,  ///< every block written once, so that commits change no metadata
    growing,       ///< empty; each round begins with an empty file again
};

/// Makes the file in the folder `path` and, where it is preallocated, writes and syncs `bytes`.
/// `is_direct`: its writes go past the page cache. Blocks as long as the device does. Errors: of
/// open_file, no_space, io.
Expected<std::shared_ptr<CommitFile>> make_commit_file(const std::string& path, CommitFileKind kind,
                                                       bool is_direct, std::uint64_t bytes);

/// Takes everything out of a growing file and makes that durable.
Expected<void> empty_commit_file(const CommitFile& file);

/// Whether the device, asked past the page cache, holds `record` at `offset`. Errors: io, with the
/// offset.
Expected<void> check_committed(const CommitFile& file, std::span<const std::byte> record,
                               std::uint64_t offset);

}  // namespace assay::storage
