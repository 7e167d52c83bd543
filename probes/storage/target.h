#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/block_device.h"
#include "engine/host/counters.h"
#include "probes/storage/fd.h"
#include "probes/storage/payload.h"
#include "probes/storage/settings.h"

namespace assay::storage {

/// What the tests go to: an unnamed file that this process wrote, or a block device. Both are open
/// for direct I/O.
struct Target {
    Fd file;
    TargetKind kind = TargetKind::file;
    std::string path;               ///< as the user said it
    std::uint64_t size_bytes = 0;   ///< that may be used; 0 for a file that is not yet written
    std::uint64_t align_bytes = 0;  ///< what offsets and lengths must be multiples of
    /// Of what every block of it holds; nullptr for a device that is only read.
    std::shared_ptr<const Payload> payload;
    /// What weakens every number that is measured on it.
    std::vector<Finding> findings{};
    /// Of the next write by whichever probe; whoever writes takes a range of its own. The fill
    /// was 1.
    std::shared_ptr<std::atomic<std::uint64_t>> next_sequence =
        std::make_shared<std::atomic<std::uint64_t>>(2);
};

/// Space on a filesystem, for those without privileges.
struct Space {
    std::uint64_t free_bytes = 0;
    std::uint64_t total_bytes = 0;
    /// max(10 % of the whole, 2 GB): stays free whatever happens.
    std::uint64_t reserve_bytes() const;
    std::uint64_t usable_bytes() const;  ///< free minus reserve, at least 0
};

/// Opens an unnamed file in the folder `path` (O_TMPFILE; where the filesystem has none, a random
/// name that is removed at once). Nothing is written. Errors: not_found, usage (not a folder),
/// permission (also: read-only filesystem), no_space, unsupported (no direct I/O).
Expected<Target> open_file(const std::string& path);

/// Opens a block device read-only. Errors: not_found, usage (no block device), permission,
/// unavailable (no medium).
Expected<Target> open_device(const std::string& path);

/// Whether direct I/O of that block size can work. Errors: usage.
Expected<void> check_alignment(const Target& target, std::uint64_t block_bytes);

/// Errors: by errno.
Expected<Space> space_of(const Target& target);

/// The disk whose counters the target's reads show up in.
struct CountedDisk {
    unsigned major = 0, minor = 0;
    std::string name;
    /// A disk, a partition or a loop device: there each of our reads is one of its reads.
    bool is_simple = false;
    std::optional<host::DiskCounters> counters(const host::Files& files) const;
};
/// Errors: as of host::device_of_path; unsupported where no block device stands under the path.
Expected<CountedDisk> counted_disk_of(const host::Files& files, const std::string& path);

}  // namespace assay::storage
