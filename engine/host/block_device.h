#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/files.h"
#include "engine/host/parse.h"

namespace assay::host {

/// A block device as sysfs describes it (Documentation/ABI/stable/sysfs-block). Queue facts of a
/// partition are those of its whole disk. Absent = the kernel does not say.
struct BlockDevice {
    unsigned major = 0, minor = 0;
    std::string name;  ///< the kernel's: "nvme0n1p2", "dm-0"
    bool is_partition = false;
    bool is_loop = false;    ///< the whole disk is loopN
    bool is_mapped = false;  ///< device mapper (LVM, dm-crypt, multipath)
    bool is_raid = false;    ///< md
    std::string disk_name;   ///< the whole disk; equals `name` unless a partition
    unsigned disk_major = 0, disk_minor = 0;

    std::optional<std::uint64_t> size_bytes;  ///< of this device, not of the whole disk
    std::optional<bool> read_only;
    std::optional<std::string> model;
    std::optional<std::string> firmware;
    std::optional<std::string> serial;  ///< as it is; hash it before it leaves the process
    std::optional<std::string> wwid;    ///< world-wide name, of the namespace for NVMe; hash it too
    std::optional<bool> rotational;     ///< the disk's claim; virtual disks are often wrong
    std::optional<std::uint64_t> logical_block_bytes;  ///< O_DIRECT must be aligned to this
    std::optional<std::uint64_t> physical_block_bytes;
    std::optional<std::string> scheduler;  ///< the one in brackets
    std::optional<std::int64_t> nr_requests;
    std::optional<std::string> write_cache;                ///< "write back" or "write through"
    std::optional<std::int64_t> write_back_throttling_us;  ///< wbt_lat_usec
    std::optional<std::int64_t> nomerges;
    std::optional<std::int64_t> max_sectors_kib;
    std::optional<bool> io_poll;
    std::optional<std::string> loop_backing_file;
};

/// The device behind its number. Errors: not_found, when sys/dev/block does not list it.
Expected<BlockDevice> device_of_number(const Files& files, unsigned major, unsigned minor);

/// The device that `path` is (a block special file) or lies on (the filesystem's device; where that
/// has an anonymous number, as on btrfs, the mount's source). On the live machine it asks stat(2);
/// in a fixture tree it takes the mount with the longest matching mount point, or sys/class/block
/// for a path under /dev.
/// Errors: not_found or permission (the path itself), unsupported (tmpfs, overlay, NFS: no block
/// device stands under it).
Expected<BlockDevice> device_of_path(const Files& files, std::string_view path);

/// The device and all that it stands on, from the top down, each once: a partition, its disk; a dm
/// or md device, what its slaves stand on; a loop device, the device of its backing file.
std::vector<BlockDevice> layers_of(const Files& files, const BlockDevice& device);

/// The physical disks at the bottom: partitions give their whole disk, dm and md what their slaves
/// stand on, a loop device the disk of its backing file. Sorted by name, each once. A device with
/// nothing under it is its own leaf.
std::vector<BlockDevice> leaf_disks(const Files& files, const BlockDevice& device);

/// The partitions of a whole disk that the kernel knows; empty for a partition.
std::vector<BlockDevice> partitions_of(const Files& files, const BlockDevice& device);

/// The number behind a name under /dev, through symbolic links: stat(2) on the live machine; in a
/// fixture tree the link's last name in sys/class/block. nullopt for any other path, and for a name
/// that is no block device.
std::optional<DeviceNumber> number_of_node(const Files& files, std::string_view path);

}  // namespace assay::host
