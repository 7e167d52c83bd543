#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/probe.h"
#include "probes/storage/commit_loop.h"

namespace assay::storage {

/// One way of committing that is measured.
struct FsyncCase {
    CommitMethod method = CommitMethod::fdatasync;
    std::uint32_t record_bytes = 4096;
    bool is_growing = false;  ///< appends make the file longer; else they overwrite written blocks
    unsigned writers = 1;     ///< to one file, each to a stretch of its own
    bool is_loaded = false;   ///< while random 70/30 operations at depth 8 go on beside
    double round_share = 1;

    /// dsync writes past the page cache, since only then a device's FUA can be used.
    bool is_direct() const { return method == CommitMethod::dsync; }
    std::string name() const;  ///< "fdatasync, 4096 B", "fdatasync, 4096 B, growing, 8 writers"
    bool operator==(const FsyncCase&) const = default;
};

/// The request in numbers.
struct FsyncSettings {
    std::string path = ".";
    std::vector<FsyncCase> cases;
    std::uint64_t write_limit_bytes = 0;  ///< of a round
    std::size_t most_rounds = 1;
    std::uint64_t seed = 1;

    unsigned most_writers() const;
    bool has_load() const;
    bool has_direct() const;
    std::uint64_t written_bytes() const;  ///< by all rounds, at most
};
/// Bytes of the file that records go to; every writer has an equal stretch of it.
inline constexpr std::uint64_t kCommitFileBytes = 64 * kMiB;

/// Errors: usage, with the flag that is off.
Expected<FsyncSettings> fsync_settings_of(const Request& request);

/// What the mixed load beside commits is made of.
Request load_request(const Request& request);

}  // namespace assay::storage
