#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/host/files.h"
#include "engine/host/parse.h"

namespace assay::host {

/// A loop device that is set up, and what it stands on.
struct LoopDeviceFile {
    DeviceNumber number;
    std::string name;          ///< "loop3"
    std::string backing_file;  ///< as sysfs tells it: the path at the time of setting up
    /// The block device that it stands on; absent where that is a file.
    std::optional<DeviceNumber> backing_device;
    /// Device and inode of the file: the same for all names of one file. Absent where the loop
    /// driver could not be asked.
    std::optional<std::pair<std::uint64_t, std::uint64_t>> backing_inode;
};

/// Whether both stand on the same file or device. By inode where both tell it, else by path.
bool share_backing(const LoopDeviceFile& one, const LoopDeviceFile& other);

/// All loop devices in sys/class/block that have a backing file. On the live machine the loop
/// driver is asked for the inode, through the device opened for reading; where it does not answer,
/// the path must do.
std::vector<LoopDeviceFile> read_loop_devices(const Files& files);

}  // namespace assay::host
