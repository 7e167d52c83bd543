#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/host/block_device.h"
#include "engine/host/files.h"

/// What a block device says of its own state, beside its nature (block_device.h). Absent = the
/// kernel does not say.
namespace assay::host {

/// An md array (Documentation/admin-guide/md.rst).
struct RaidState {
    std::optional<std::uint64_t> missing_disks;  ///< md/degraded; levels without redundancy have
                                                 ///< none
    std::optional<std::string> activity;  ///< md/sync_action: "idle", "resync", "recover", "check"
};
/// nullopt where the device is no md array.
std::optional<RaidState> read_raid_state(const Files& files, const BlockDevice& device);

/// The first sensor that the disk's driver gives to hwmon (nvme, drivetemp).
struct DeviceTemperature {
    double celsius = 0;
    std::optional<double> most_celsius;      ///< temp1_max: above it the device slows itself down
    std::optional<double> critical_celsius;  ///< temp1_crit
    bool is_hot() const;                     ///< at or above one of them
};
std::optional<DeviceTemperature> read_device_temperature(const Files& files,
                                                         const BlockDevice& device);

/// Whether the disk's flush counter (host::DiskCounters) counts at all: the kernel counts flushes
/// of devices with a request queue only, so those of zram, md, dm and multipath NVMe stay 0.
bool counts_flushes(const Files& files, const BlockDevice& device);

/// Why what is written there lies in memory: "zram0 is memory", "the file of loop0, /dev/shm/x,
/// lies on tmpfs". nullopt where it does not, as far as is known. Looks at this one device, not at
/// those under it.
std::optional<std::string> memory_of(const Files& files, const BlockDevice& device);

}  // namespace assay::host
