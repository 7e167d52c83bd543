#pragma once

#include <string>
#include <vector>

#include "engine/host/block_device.h"
#include "engine/host/files.h"

namespace assay::host {

/// What speaks against writing to a block device.
struct DeviceUse {
    /// Each a sentence that begins with the device's name: "sda1, a partition of it, is mounted on
    /// /data". Empty = the kernel's tables know of no use.
    std::vector<std::string> reasons;
    /// What could not be looked at, each a sentence. Opening with O_EXCL covers mounts, swap,
    /// arrays and volumes there too, but not another machine's.
    std::vector<std::string> unchecked;
};

/// Looks for every use that procfs and sysfs show, of the device and of all that shares bytes with
/// it: its partitions, its whole disk, partitions that overlap it, other paths to the same disk (by
/// world-wide name or serial number), loop devices over it, what a loop device stands on, and other
/// loop devices over the same file.
///
/// A use is: mounted in any mount namespace (by device number, by name, as an external log, as one
/// of btrfs' devices), swap, held by a volume, an array, a cache or another driver, open for
/// writing in another process, exported over NVMe, divided into partitions, write-protected, an
/// internal part of a volume manager.
///
/// What lies on the device is not looked at (`signatures_of`). Only reads. A device that appears
/// free here can be claimed a moment later: the caller opens with O_EXCL, and then asks again.
DeviceUse use_of(const Files& files, const BlockDevice& device);

}  // namespace assay::host
