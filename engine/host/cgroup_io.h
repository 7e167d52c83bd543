#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/host/files.h"
#include "engine/host/parse.h"

namespace assay::host {

enum class IoLimitKind { read_bytes, write_bytes, read_operations, write_operations };
std::string_view name_of(IoLimitKind kind);  ///< "B/s of reads", "writes/s"

/// A rate that a control group may not exceed on a device.
struct IoLimit {
    DeviceNumber device;  ///< a whole disk
    IoLimitKind kind = IoLimitKind::read_bytes;
    std::uint64_t per_second = 0;  ///< bytes or operations
    std::string group;             ///< path of the group that sets it, as in proc/self/cgroup
    bool operator==(const IoLimit&) const = default;
};

/// The limits that this process's group and its ancestors have on any of `disks`: io.max of v2,
/// blkio.throttle.* of v1. Innermost group first. Malformed lines are left out. The cost models of
/// other controllers (io.latency, io.cost, bfq weights) set no rate and are not told.
std::vector<IoLimit> read_io_limits(const Files& files, std::span<const DeviceNumber> disks);

}  // namespace assay::host
