#pragma once

#include <string>

#include "engine/host/block_device.h"
#include "engine/host/files.h"

namespace assay::host {

/// What tells a block device from all others of this host; of a partition, its whole disk.
struct DeviceIdentity {
    enum class Kind {
        serial,      ///< the serial number, if no other disk of this host has the same
        world_wide,  ///< the world-wide name: NVMe namespaces share their controller's serial
        volume,      ///< the device mapper's UUID
        stand_in,    ///< "no-serial:MAJOR:MINOR:BYTES": only until the next start of the host
    };
    Kind kind = Kind::stand_in;
    std::string text;  ///< may identify hardware: hash it before it leaves the process
};

/// The first of the kinds above that the device has, and shares with no other disk.
DeviceIdentity identity_of(const Files& files, const BlockDevice& device);

}  // namespace assay::host
