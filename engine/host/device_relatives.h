#pragma once

#include <string>
#include <vector>

#include "engine/host/block_device.h"
#include "engine/host/files.h"
#include "engine/host/loop_devices.h"

namespace assay::host {

/// A device that shares bytes with the one asked about.
struct Relative {
    BlockDevice device;
    std::string subject;  ///< begins a sentence: "sda1, a partition of it,"
};

/// The device itself first, then all that share bytes with it: its partitions; its whole disk;
/// partitions of the same disk that overlap it; disks with the same world-wide name, or the same
/// model and serial number, and their partitions; for a loop device, the block device under it and
/// other loop devices over the same file. Each once.
std::vector<Relative> relatives_of(const Files& files, const BlockDevice& device,
                                   const std::vector<LoopDeviceFile>& loops);

}  // namespace assay::host
