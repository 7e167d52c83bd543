#include "engine/host/block_device.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "engine/host/mounts.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

constexpr std::uint64_t kSectorBytes = 512;  // sysfs counts in these, whatever the disk does
constexpr std::string_view kDeviceFolder = "/dev/";

std::string folder_of(DeviceNumber number) {
    return "sys/dev/block/" + std::to_string(number.major) + ":" + std::to_string(number.minor);
}

std::optional<bool> read_flag(const Files& files, const std::string& path) {
    const auto number = files.read_integer(path);
    return number == 0 ? std::optional(false) : number == 1 ? std::optional(true) : std::nullopt;
}

std::optional<std::uint64_t> read_count(const Files& files, const std::string& path) {
    const auto number = files.read_integer(path);
    return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number))
                                  : std::nullopt;
}

std::optional<DeviceNumber> read_number(const Files& files, const std::string& folder) {
    const std::optional<std::string> line = files.read_line(folder + "/dev");
    return line ? device_number_of(*line) : std::nullopt;
}

// The first of these files that says something.
std::optional<std::string> read_first(const Files& files, const std::string& folder,
                                      std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (auto line = files.read_line(folder + name); line && !line->empty())
            return line;
    return std::nullopt;
}

// SCSI's vital product data page 0x80: a header of four bytes, then the serial number in ASCII.
std::optional<std::string> scsi_serial(const Files& files, const std::string& disk) {
    constexpr std::size_t kHeader = 4;
    constexpr char kPageCode = '\x80';
    const std::optional<std::string> page = files.read(disk + "/device/vpd_pg80");
    if (!page || page->size() <= kHeader || (*page)[1] != kPageCode)
        return std::nullopt;
    const std::size_t length = static_cast<unsigned char>((*page)[3]);
    const std::string_view serial = trimmed(std::string_view(*page).substr(kHeader, length));
    if (serial.empty() || !is_plain_text(serial))
        return std::nullopt;
    return std::string(serial);
}

void read_disk_facts(const Files& files, const std::string& disk, BlockDevice& device) {
    const std::string queue = disk + "/queue/";
    device.model = read_first(files, disk, {"/device/model", "/dm/name"});
    device.firmware = read_first(files, disk, {"/device/firmware_rev", "/device/rev"});
    device.serial = read_first(files, disk, {"/serial", "/device/serial"});
    if (!device.serial)
        device.serial = scsi_serial(files, disk);
    device.wwid = read_first(files, disk, {"/wwid", "/device/wwid"});
    device.rotational = read_flag(files, queue + "rotational");
    device.logical_block_bytes = read_count(files, queue + "logical_block_size");
    device.physical_block_bytes = read_count(files, queue + "physical_block_size");
    if (const auto menu = files.read_line(queue + "scheduler"))
        device.scheduler = chosen_of(*menu);
    device.nr_requests = files.read_integer(queue + "nr_requests");
    device.write_cache = files.read_line(queue + "write_cache");
    device.write_back_throttling_us = files.read_integer(queue + "wbt_lat_usec");
    device.nomerges = files.read_integer(queue + "nomerges");
    device.max_sectors_kib = files.read_integer(queue + "max_sectors_kb");
    device.io_poll = read_flag(files, queue + "io_poll");
    device.loop_backing_file = files.read_line(disk + "/loop/backing_file");
}

// The device that a name under /dev stands for in a fixture tree.
Expected<BlockDevice> device_of_node_name(const Files& files, const std::string& path) {
    const std::string name = path.substr(kDeviceFolder.size());
    const auto number = read_number(files, "sys/class/block/" + name);
    if (!number)
        return failure(ErrorKind::not_found, "sys/class/block lists no device '" + name + "'");
    return device_of_number(files, number->major, number->minor);
}

// What stat(2) says of the path: the device that it is, or the one that it lies on.
Expected<DeviceNumber> number_of_live_path(const std::string& path) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0)
        return system_failure("look at " + path + " to find its block device", errno);
    const dev_t number = S_ISBLK(facts.st_mode) ? facts.st_rdev : facts.st_dev;
    return DeviceNumber{major(number), minor(number)};
}

// btrfs and its kind give each mount an anonymous number; the mount's source names the device.
Expected<BlockDevice> device_of_mount_source(const Files& files, const std::string& path,
                                             const std::optional<Mount>& mount) {
    const std::string filesystem = mount ? mount->filesystem : "an unknown filesystem";
    if (mount && mount->source.starts_with(kDeviceFolder)) {
        if (!is_live(files))
            return device_of_node_name(files, mount->source);
        ASSAY_TRY(const DeviceNumber number, number_of_live_path(mount->source));
        if (number.major != 0)
            return device_of_number(files, number.major, number.minor);
    }
    return failure(ErrorKind::unsupported,
                   path + " lies on " + filesystem +
                       ", under which the kernel shows no block device; choose a folder on a disk");
}

Expected<BlockDevice> device_of_fixture_path(const Files& files, const std::string& path) {
    if (path.starts_with(kDeviceFolder))
        if (auto device = device_of_node_name(files, path))
            return device;
    const std::optional<Mount> mount = mount_of_path(files, path);
    if (!mount)
        return failure(ErrorKind::not_found, "no mount holds " + path);
    if (mount->device.major == 0)
        return device_of_mount_source(files, path, mount);
    return device_of_number(files, mount->device.major, mount->device.minor);
}

// What `device` directly stands on; empty if nothing is known to be under it.
std::vector<BlockDevice> devices_under(const Files& files, const BlockDevice& device) {
    std::vector<BlockDevice> below;
    const auto add = [&](const Expected<BlockDevice>& found) {
        if (found)
            below.push_back(*found);
    };
    if (device.is_partition) {
        add(device_of_number(files, device.disk_major, device.disk_minor));
        return below;
    }
    if (device.is_loop && device.loop_backing_file) {
        add(device_of_path(files, *device.loop_backing_file));
        return below;
    }
    const std::string slaves = folder_of({device.major, device.minor}) + "/slaves/";
    for (const std::string& name : files.list(slaves))
        if (const auto number = read_number(files, slaves + name))
            add(device_of_number(files, number->major, number->minor));
    return below;
}

// Stacks are a few layers deep; the bound keeps a tree that names itself from holding us up.
constexpr int kDeepestStack = 16;

void collect_layers(const Files& files, const BlockDevice& device, int depth,
                    std::vector<BlockDevice>& layers) {
    const auto is_same = [&](const BlockDevice& layer) {
        return layer.major == device.major && layer.minor == device.minor;
    };
    if (depth > kDeepestStack || std::any_of(layers.begin(), layers.end(), is_same))
        return;
    layers.push_back(device);
    for (const BlockDevice& lower : devices_under(files, device))
        collect_layers(files, lower, depth + 1, layers);
}

void collect_leaves(const Files& files, const BlockDevice& device, int depth,
                    std::vector<BlockDevice>& leaves) {
    const std::vector<BlockDevice> below =
        depth < kDeepestStack ? devices_under(files, device) : std::vector<BlockDevice>{};
    for (const BlockDevice& lower : below)
        collect_leaves(files, lower, depth + 1, leaves);
    if (below.empty())
        leaves.push_back(device);
}

}  // namespace

Expected<BlockDevice> device_of_number(const Files& files, unsigned major_number,
                                       unsigned minor_number) {
    const DeviceNumber number{major_number, minor_number};
    const std::string folder = folder_of(number);
    const std::optional<std::string> target = files.link_target(folder);
    if (!target || !files.exists(folder) || !is_plain_text(*target))
        return failure(ErrorKind::not_found,
                       "the kernel lists no block device " + std::to_string(number.major) + ":" +
                           std::to_string(number.minor) + " in sys/dev/block");
    const std::filesystem::path place(*target);
    BlockDevice device;
    device.major = number.major;
    device.minor = number.minor;
    device.name = place.filename().string();
    device.is_partition = files.exists(folder + "/partition");
    device.disk_name = device.is_partition ? place.parent_path().filename().string() : device.name;
    // ".." of the linked folder is the whole disk's, wherever in the tree that stands.
    const std::string disk = device.is_partition ? folder + "/.." : folder;
    const DeviceNumber disk_number =
        device.is_partition ? read_number(files, disk).value_or(number) : number;
    device.disk_major = disk_number.major;
    device.disk_minor = disk_number.minor;
    device.is_loop = files.exists(disk + "/loop") || device.disk_name.starts_with("loop");
    device.is_mapped = files.exists(disk + "/dm");
    device.is_raid = files.exists(disk + "/md");
    if (const auto sectors = read_count(files, folder + "/size");
        sectors && *sectors <= ~std::uint64_t{0} / kSectorBytes)
        device.size_bytes = *sectors * kSectorBytes;
    device.read_only = read_flag(files, folder + "/ro");
    read_disk_facts(files, disk, device);
    return device;
}

Expected<BlockDevice> device_of_path(const Files& files, std::string_view path) {
    const std::string text(path);
    if (!is_live(files))
        return device_of_fixture_path(files, text);
    ASSAY_TRY(const DeviceNumber number, number_of_live_path(text));
    if (number.major == 0)
        return device_of_mount_source(files, text, mount_of_path(files, text));
    return device_of_number(files, number.major, number.minor);
}

std::vector<BlockDevice> layers_of(const Files& files, const BlockDevice& device) {
    std::vector<BlockDevice> layers;
    collect_layers(files, device, 0, layers);
    return layers;
}

std::vector<BlockDevice> leaf_disks(const Files& files, const BlockDevice& device) {
    std::vector<BlockDevice> leaves;
    collect_leaves(files, device, 0, leaves);
    std::sort(leaves.begin(), leaves.end(),
              [](const BlockDevice& a, const BlockDevice& b) { return a.name < b.name; });
    leaves.erase(
        std::unique(leaves.begin(), leaves.end(),
                    [](const BlockDevice& a, const BlockDevice& b) { return a.name == b.name; }),
        leaves.end());
    return leaves;
}

std::vector<BlockDevice> partitions_of(const Files& files, const BlockDevice& device) {
    std::vector<BlockDevice> partitions;
    if (device.is_partition)
        return partitions;
    const std::string folder = folder_of({device.major, device.minor}) + "/";
    for (const std::string& name : files.list(folder)) {
        if (!name.starts_with(device.name) || !files.exists(folder + name + "/partition"))
            continue;
        if (const auto number = read_number(files, folder + name))
            if (auto partition = device_of_number(files, number->major, number->minor))
                partitions.push_back(std::move(*partition));
    }
    return partitions;
}

std::optional<DeviceNumber> number_of_node(const Files& files, std::string_view path) {
    if (!path.starts_with(kDeviceFolder))
        return std::nullopt;
    const std::string text(path);
    if (is_live(files)) {
        struct stat facts {};
        if (stat(text.c_str(), &facts) != 0 || !S_ISBLK(facts.st_mode))
            return std::nullopt;
        return DeviceNumber{major(facts.st_rdev), minor(facts.st_rdev)};
    }
    const std::filesystem::path node(files.link_target(text.substr(1)).value_or(text));
    return read_number(files, "sys/class/block/" + node.filename().string());
}

}  // namespace assay::host
