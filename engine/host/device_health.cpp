#include "engine/host/device_health.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <vector>

#include "engine/host/mounts.h"

namespace assay::host {
namespace {

std::string folder_of_disk(const BlockDevice& device) {
    return "sys/dev/block/" + std::to_string(device.disk_major) + ":" +
           std::to_string(device.disk_minor);
}

bool is_numbered(std::string_view name, std::string_view stem) {
    return name.starts_with(stem) && name.size() > stem.size() &&
           std::all_of(name.begin() + static_cast<std::ptrdiff_t>(stem.size()), name.end(),
                       [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

// NVMe has hwmonN right under the controller; SCSI disks (drivetemp) in a folder of that name. The
// disk of a multipath NVMe stands under a subsystem, which holds links to its controllers.
std::vector<std::string> sensor_folders(const Files& files, const BlockDevice& device) {
    const std::string parent = folder_of_disk(device) + "/device";
    std::vector<std::string> places{parent, parent + "/hwmon"};
    for (const std::string& name : files.list(parent))
        if (is_numbered(name, "nvme"))
            places.push_back(parent + "/" + name);
    std::vector<std::string> folders;
    for (const std::string& place : places)
        for (const std::string& name : files.list(place))
            if (is_numbered(name, "hwmon"))
                folders.push_back(place + "/" + name);
    return folders;
}

std::optional<double> read_celsius(const Files& files, const std::string& path) {
    constexpr double kPerDegree = 1000;
    const auto milli = files.read_integer(path);
    return milli ? std::optional(static_cast<double>(*milli) / kPerDegree) : std::nullopt;
}

// Drives without a limit report 0 or less.
std::optional<double> read_limit(const Files& files, const std::string& path) {
    const auto limit = read_celsius(files, path);
    return limit && *limit > 0 ? limit : std::nullopt;
}

}  // namespace

std::optional<RaidState> read_raid_state(const Files& files, const BlockDevice& device) {
    if (!device.is_raid)
        return std::nullopt;
    const std::string folder = folder_of_disk(device) + "/md/";
    RaidState state;
    if (const auto missing = files.read_integer(folder + "degraded"); missing && *missing >= 0)
        state.missing_disks = static_cast<std::uint64_t>(*missing);
    state.activity = files.read_line(folder + "sync_action");
    return state;
}

bool DeviceTemperature::is_hot() const {
    return (most_celsius && celsius >= *most_celsius) ||
           (critical_celsius && celsius >= *critical_celsius);
}

std::optional<DeviceTemperature> read_device_temperature(const Files& files,
                                                         const BlockDevice& device) {
    for (const std::string& folder : sensor_folders(files, device))
        if (const auto celsius = read_celsius(files, folder + "/temp1_input"))
            return DeviceTemperature{*celsius, read_limit(files, folder + "/temp1_max"),
                                     read_limit(files, folder + "/temp1_crit")};
    return std::nullopt;
}

bool counts_flushes(const Files& files, const BlockDevice& device) {
    return files.exists(folder_of_disk(device) + "/mq");
}

std::optional<std::string> memory_of(const Files& files, const BlockDevice& device) {
    if (is_numbered(device.disk_name, "zram") || is_numbered(device.disk_name, "ram"))
        return device.disk_name + " is memory";
    if (!device.is_loop || !device.loop_backing_file)
        return std::nullopt;
    // A file that memfd_create(2) made has this for a path.
    if (device.loop_backing_file->starts_with("/memfd:"))
        return "the file of " + device.disk_name + " is memory (memfd)";
    // The kernel appends this to a file that has lost its name; its folder still tells the mount.
    constexpr std::string_view kDeleted = " (deleted)";
    std::string path = *device.loop_backing_file;
    if (path.ends_with(kDeleted))
        path = std::filesystem::path(path.substr(0, path.size() - kDeleted.size()))
                   .parent_path()
                   .string();
    const std::optional<Mount> mount = mount_of_path(files, path);
    if (!mount || !is_memory_filesystem(*mount))
        return std::nullopt;
    return "the file of " + device.disk_name + ", " + *device.loop_backing_file + ", lies on " +
           mount->filesystem;
}

}  // namespace assay::host
