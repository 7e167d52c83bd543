#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/finding.h"
#include "engine/host/files.h"
#include "engine/host/mounts.h"

namespace assay::storage {

/// What the caller knows of the target already.
struct TargetFacts {
    bool is_device = false;  ///< the path names a block device, so no filesystem is in the way
    std::optional<std::uint64_t> free_bytes{};  ///< of the filesystem, without privileges
    std::optional<std::uint64_t> total_bytes{};
};

/// What around the target weakens or explains its numbers, from mounts, sysfs and control groups:
/// memory_backed, transparent_compression, remote_filesystem, barriers_off, nearly_full,
/// raid_degraded, device_hot, cgroup_io_limit. Looks at every layer under the path. Read-only,
/// quick; state that moves (temperature, resync) is that of now. Whatever cannot be read raises
/// nothing.
std::vector<Finding> judge_surroundings(const host::Files& files, std::string_view path,
                                        const TargetFacts& facts);

/// The part that the mount alone tells.
std::vector<Finding> judge_mount(const host::Mount& mount);

/// nearly_full where over 90 % is used.
std::optional<Finding> judge_fill(const TargetFacts& facts);

}  // namespace assay::storage
