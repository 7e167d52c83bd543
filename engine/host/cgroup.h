#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/host/files.h"

namespace assay::host {

/// The limits that this process's control groups put on it: the tightest one up the whole ancestor
/// chain, v1, v2 and hybrid.
struct CgroupLimits {
    std::string version;  ///< "v1", "v2", "hybrid", "none"
    std::optional<double>
        cpu_quota;                ///< CPUs, decimal (0.5); absent = no quota anywhere in the chain
    std::string cpu_quota_group;  ///< path of the group that sets it, as in proc/self/cgroup
    std::optional<std::uint64_t> memory_limit_bytes;  ///< absent = none below the machine's memory
    std::string memory_limit_group;
};

/// Reads proc/self/cgroup, proc/self/mountinfo and the controllers' files under `files`.
CgroupLimits read_cgroup_limits(const Files& files);

/// What the tightest memory limit along the chain still leaves now: limit - usage, where inactive
/// page cache does not count as usage. 0 where a limit is known and the usage is not. nullopt = no
/// limit below the machine's memory.
std::optional<std::uint64_t> read_cgroup_memory_left_bytes(const Files& files);

/// Throttling of this process's group and its ancestors, from cpu.stat: the sum over the groups
/// that have a quota, or whose quota file says neither quota nor none. The v2 field is
/// throttled_usec, the v1 field throttled_time (ns). nullopt where no cpu.stat is readable, or one
/// of these is malformed.
struct Throttling {
    std::uint64_t throttled_periods = 0;
    std::int64_t throttled_ns = 0;
    bool operator==(const Throttling&) const = default;
};
std::optional<Throttling> read_throttling(const Files& files);

}  // namespace assay::host
