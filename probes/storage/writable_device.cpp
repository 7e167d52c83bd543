#include "probes/storage/writable_device.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "engine/core/units.h"
#include "engine/host/device_identity.h"
#include "engine/host/device_use.h"
#include "engine/host/signatures.h"

namespace assay::storage {
namespace {

// Linux 5.15; a number that no two disks have had since the machine started.
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, std::uint64_t)
#endif

/// The device that a descriptor stands for: all of it must be the same at both looks.
struct Sight {
    dev_t number = 0;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> disk_sequence;
    bool operator==(const Sight&) const = default;
};

Expected<Sight> sight_of(const Fd& file, const std::string& path) {
    struct stat facts {};
    Sight sight;
    if (fstat(file.number(), &facts) != 0 || ioctl(file.number(), BLKGETSIZE64, &sight.bytes) != 0)
        return system_failure("ask " + path + " for its number and size", errno);
    if (!S_ISBLK(facts.st_mode))
        return failure(ErrorKind::unavailable, path +
                                                   " was exchanged for something else meanwhile; "
                                                   "nothing was written");
    sight.number = facts.st_rdev;
    std::uint64_t sequence = 0;
    if (ioctl(file.number(), BLKGETDISKSEQ, &sequence) == 0)
        sight.disk_sequence = sequence;
    return sight;
}

std::unexpected<Error> refusal(const std::string& path, const std::string& because) {
    return failure(ErrorKind::unavailable, path + " will not be overwritten: " + because);
}

Expected<Fd> open_for_reading(const std::string& path) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0)
        return system_failure("look at the device " + path, errno);
    // Asked before opening, because opening a pipe or a tape drive has effects.
    if (!S_ISBLK(facts.st_mode))
        return failure(ErrorKind::usage, "--device " + path +
                                             " is no block device; name a disk, such as "
                                             "/dev/nvme0n1, to overwrite it");
    Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.is_open())
        return file;
    const int error = errno;
    if (error == EACCES || error == EPERM)
        return failure(ErrorKind::permission,
                       "cannot open " + path +
                           "; run as root (in a container: let it use the device), or use --path",
                       error);
    if (error == ENXIO || error == ENOMEDIUM)
        return failure(ErrorKind::unavailable,
                       path + " has no medium, or is not set up; name another --device", error);
    return system_failure("cannot open " + path + " for reading", error);
}

std::string way_to_identity(const host::DeviceIdentity& identity, const host::BlockDevice& device) {
    const std::string folder =
        "/dev/block/" + std::to_string(device.disk_major) + ":" + std::to_string(device.disk_minor);
    switch (identity.kind) {
        case host::DeviceIdentity::Kind::serial:
            return "its serial number, as lsblk --nodeps --output SERIAL /dev/" + device.disk_name +
                   " tells it";
        case host::DeviceIdentity::Kind::world_wide:
            return "its world-wide name, since its serial number is missing or not its own; it is "
                   "in the file wwid or device/wwid under /sys" +
                   folder;
        case host::DeviceIdentity::Kind::volume:
            return "its UUID, as in /sys" + folder + "/dm/uuid";
        case host::DeviceIdentity::Kind::stand_in:
            return identity.text + ", since it has no serial number of its own";
    }
    return identity.text;
}

Expected<void> check_word(const host::Files& files, const host::BlockDevice& device,
                          const std::string& path, const std::string& typed) {
    const host::DeviceIdentity identity = host::identity_of(files, device);
    if (typed == identity.text)
        return {};
    return failure(ErrorKind::usage,
                   // What was typed is not repeated: it may be the serial number of another disk.
                   (typed.empty() ? "overwriting " + path + " needs --destroy-data"
                                  : "what was given to --destroy-data does not name " + path) +
                       "; if everything on it may be lost, type " +
                       way_to_identity(identity, device));
}

std::string list_of(const std::vector<host::Signature>& signatures) {
    std::string list;
    for (const host::Signature& one : signatures)
        list += (list.empty() ? "" : ", ") + one.type +
                (one.at_bytes ? " (at byte " + std::to_string(*one.at_bytes) + ")" : "");
    return list;
}

Expected<void> check_content(const Fd& reader, const std::string& path) {
    ASSAY_TRY(const std::vector<host::Signature> found, host::signatures_of(reader.number(), path));
    if (found.empty())
        return {};
    return refusal(path, "something lies on it: " + list_of(found) +
                             "; if nobody needs that, erase it with wipefs --all " + path +
                             " and call again");
}

/// The label of an array or volume can stand at the end of the disk, outside of all partitions,
/// and yet own their content. Only the partition table is expected there.
Expected<void> check_content_of_disk(const host::BlockDevice& partition, const std::string& path,
                                     std::vector<std::string>& unchecked) {
    std::string node = "/dev/" + partition.disk_name;
    std::replace(node.begin(), node.end(), '!', '/');  // sysfs writes cciss/c0d0 as cciss!c0d0
    const Fd disk(::open(node.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat facts {};
    if (!disk.is_open() || fstat(disk.number(), &facts) != 0 || !S_ISBLK(facts.st_mode) ||
        facts.st_rdev != makedev(partition.disk_major, partition.disk_minor)) {
        unchecked.push_back("what lies on " + partition.disk_name + ", the whole disk of " +
                            partition.name + ", beside its partitions, could not be looked at");
        return {};
    }
    ASSAY_TRY(std::vector<host::Signature> found, host::signatures_of(disk.number(), node));
    std::erase_if(found, [](const host::Signature& one) { return one.is_partition_table; });
    if (found.empty())
        return {};
    return refusal(path, "something lies on its whole disk " + node + ": " + list_of(found) +
                             "; name another --device");
}

/// All that can be asked through a read-only descriptor. Returns what could not be looked at.
Expected<std::vector<std::string>> check_all(const host::Files& files, const Fd& reader,
                                             const Sight& sight, const std::string& path,
                                             const std::string& typed) {
    ASSAY_TRY(const host::BlockDevice device,
              host::device_of_number(files, major(sight.number), minor(sight.number)));
    ASSAY_TRY_VOID(check_word(files, device, path, typed));
    host::DeviceUse use = host::use_of(files, device);
    if (!use.reasons.empty()) {
        std::string list;
        for (const std::string& reason : use.reasons)
            list += (list.empty() ? "" : "; ") + reason;
        return refusal(path, list + "; end that use, or name another --device");
    }
    if (!device.size_bytes || *device.size_bytes != sight.bytes)
        return refusal(path,
                       "its size is not the one that the kernel's tables tell; wait until "
                       "whoever changes it is done");
    ASSAY_TRY_VOID(check_content(reader, path));
    if (device.is_partition)
        ASSAY_TRY_VOID(check_content_of_disk(device, path, use.unchecked));
    return std::move(use.unchecked);
}

Expected<Fd> claim(const std::string& path) {
    Fd file(::open(path.c_str(), O_RDWR | O_DIRECT | O_EXCL | O_CLOEXEC));
    if (file.is_open())
        return file;
    const int error = errno;
    switch (error) {
        case EBUSY:
            return refusal(path,
                           "the kernel says that it, or a part of it, is claimed by a mount, swap, "
                           "an array, a volume or another program; end that use, or name another "
                           "--device");
        case EROFS:
            return failure(ErrorKind::permission,
                           path + " is write-protected; name another --device", error);
        case EACCES:
        case EPERM:
            return failure(ErrorKind::permission,
                           "cannot open " + path + " for writing; run as root, or use --path",
                           error);
        case EINVAL:
            return failure(ErrorKind::unsupported,
                           path + " has no direct I/O; name another --device", error);
        default:
            return system_failure("cannot open " + path + " for writing", error);
    }
}

/// Programs that do not claim devices (emulators, databases) lock them instead, and udev looks into
/// a device only under a shared lock of a moment.
Expected<void> hold_lock(const Fd& file, const std::string& path) {
    constexpr int kTries = 40;
    constexpr timespec kPause{0, 50 * kNanosecondsPerMillisecond};
    for (int attempt = 0; flock(file.number(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return system_failure("lock " + path, errno);
        if (attempt == kTries)
            return refusal(path,
                           "another program keeps it locked; end that, or name another "
                           "--device");
        (void)nanosleep(&kPause, nullptr);
    }
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    if (fcntl(file.number(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK)
        return refusal(path,
                       "another program has locked a part of it; end that, or name another "
                       "--device");
    return {};
}

}  // namespace

Expected<void> may_destroy(const host::Files& files, const std::string& path,
                           const std::string& destroy_word) {
    ASSAY_TRY(const Fd reader, open_for_reading(path));
    ASSAY_TRY(const Sight sight, sight_of(reader, path));
    if (auto checked = check_all(files, reader, sight, path, destroy_word); !checked)
        return std::unexpected(checked.error());
    return {};
}

Expected<WritableDevice> open_for_destruction(const host::Files& files, const std::string& path,
                                              const std::string& destroy_word) {
    ASSAY_TRY(const Fd reader, open_for_reading(path));
    ASSAY_TRY(const Sight before, sight_of(reader, path));
    if (auto checked = check_all(files, reader, before, path, destroy_word); !checked)
        return std::unexpected(checked.error());

    WritableDevice device;
    ASSAY_TRY(device.target.file, claim(path));
    ASSAY_TRY_VOID(hold_lock(device.target.file, path));
    ASSAY_TRY(const Sight after, sight_of(device.target.file, path));
    if (after != before)
        return refusal(path, "another device took its name or its size changed meanwhile");
    ASSAY_TRY(device.unchecked, check_all(files, reader, after, path, destroy_word));

    int logical_block_bytes = 0;
    if (ioctl(device.target.file.number(), BLKSSZGET, &logical_block_bytes) != 0 ||
        logical_block_bytes <= 0)
        return system_failure("ask " + path + " for its block size", errno);
    device.target.kind = TargetKind::device;
    device.target.path = path;
    device.target.size_bytes = after.bytes;
    device.target.align_bytes = static_cast<std::uint64_t>(logical_block_bytes);
    return device;
}

}  // namespace assay::storage
