#include "probes/storage/target.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

namespace assay::storage {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr int kFileFlags = O_RDWR | O_DIRECT | O_CLOEXEC;

// Memory filesystems: since Linux 6.6 tmpfs accepts O_DIRECT, and answers from memory.
std::optional<std::string> memory_filesystem(const std::string& path) {
    struct statfs facts {};
    if (statfs(path.c_str(), &facts) != 0)
        return std::nullopt;
    if (facts.f_type == TMPFS_MAGIC)
        return "tmpfs";
    if (facts.f_type == RAMFS_MAGIC)
        return "ramfs";
    return std::nullopt;
}

std::unexpected<Error> no_direct_io(const std::string& path, const std::string& filesystem) {
    return failure(ErrorKind::unsupported, "cannot measure storage in " + path + ": " + filesystem +
                                               " has no direct I/O; choose --path on a disk");
}

std::unexpected<Error> cannot_create(const std::string& path, int system_errno) {
    const std::string what = "cannot create an unnamed file in " + path;
    switch (system_errno) {
        case EROFS:
            return failure(ErrorKind::permission,
                           what +
                               ": the filesystem is mounted read-only; choose another --path, "
                               "or measure its --device");
        case EACCES:
        case EPERM:
            return failure(ErrorKind::permission,
                           what + "; choose a --path that you may write to, or run as another user",
                           system_errno);
        case ENOSPC:
        case EDQUOT:
            return failure(ErrorKind::no_space,
                           what + "; free some space, or choose another --path", system_errno);
        default:
            return system_failure(what, system_errno);
    }
}

// For filesystems without O_TMPFILE: a name that nobody can guess, gone before anything is written.
Expected<Fd> open_and_unlink(const std::string& folder) {
    std::uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random))
        return system_failure("draw a random file name", errno);
    const std::string name = folder + "/.assay-" + std::to_string(random);
    Fd file(::open(name.c_str(), kFileFlags | O_CREAT | O_EXCL, kOwnerOnly));
    if (!file.is_open()) {
        const int error = errno;
        // The kernel makes the name before it asks whether direct I/O is possible.
        if (error == EINVAL)
            ::unlink(name.c_str());
        return error == EINVAL ? no_direct_io(folder, "this filesystem")
                               : cannot_create(folder, error);
    }
    if (::unlink(name.c_str()) != 0)
        return system_failure("remove the name of the test file " + name, errno);
    return file;
}

Expected<Fd> open_unnamed(const std::string& folder) {
    // O_EXCL: nobody can give the file a name later.
    Fd file(::open(folder.c_str(), kFileFlags | O_TMPFILE | O_EXCL, kOwnerOnly));
    if (file.is_open())
        return file;
    const int error = errno;
    if (error == EOPNOTSUPP || error == EISDIR || error == ENOENT)
        return open_and_unlink(folder);
    if (error == EINVAL)
        return no_direct_io(folder, "this filesystem");
    return cannot_create(folder, error);
}

// What statx says of direct I/O since Linux 6.1; without it, the page size suits everything.
Expected<std::uint64_t> alignment_of(const Fd& file, const std::string& path) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
#ifdef STATX_DIOALIGN
    struct statx facts {};
    if (statx(file.number(), "", AT_EMPTY_PATH, STATX_DIOALIGN, &facts) == 0 &&
        (facts.stx_mask & STATX_DIOALIGN) != 0) {
        if (facts.stx_dio_offset_align == 0)
            return no_direct_io(path, "this file");
        return facts.stx_dio_offset_align;
    }
#endif
    return page;
}

}  // namespace

std::uint64_t Space::reserve_bytes() const {
    constexpr std::uint64_t kTwoGigabytes = 2'000'000'000;
    return std::max(total_bytes / 10, kTwoGigabytes);
}

std::uint64_t Space::usable_bytes() const {
    return free_bytes > reserve_bytes() ? free_bytes - reserve_bytes() : 0;
}

Expected<Target> open_file(const std::string& path) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0)
        return system_failure("cannot measure storage in " + path, errno);
    if (!S_ISDIR(facts.st_mode))
        return failure(ErrorKind::usage,
                       "--path " + path + " is not a folder; name the folder to measure in" +
                           (S_ISBLK(facts.st_mode) ? ", or use --device for a block device" : ""));
    if (const auto memory = memory_filesystem(path))
        return no_direct_io(path, *memory);
    Target target;
    target.path = path;
    ASSAY_TRY(target.file, open_unnamed(path));
    ASSAY_TRY(target.align_bytes, alignment_of(target.file, path));
    return target;
}

Expected<Target> open_device(const std::string& path) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0)
        return system_failure("cannot measure the device " + path, errno);
    // Asked before opening, because opening a pipe or a tape drive has effects.
    if (!S_ISBLK(facts.st_mode))
        return failure(ErrorKind::usage,
                       "--device " + path + " is no block device" +
                           (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode)
                                ? "; to measure a filesystem, name a folder with --path"
                                : "; name a disk, such as /dev/nvme0n1"));
    Target target;
    target.kind = TargetKind::device;
    target.path = path;
    target.file = Fd(::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
    if (!target.file.is_open())
        return errno == EACCES || errno == EPERM
                   ? failure(ErrorKind::permission,
                             "cannot open " + path +
                                 " for reading; run as root (in a container: let it use the "
                                 "device), or use --path",
                             errno)
                   : system_failure("cannot open " + path + " for reading", errno);
    int logical_block_bytes = 0;
    if (fstat(target.file.number(), &facts) != 0 || !S_ISBLK(facts.st_mode) ||
        ioctl(target.file.number(), BLKGETSIZE64, &target.size_bytes) != 0 ||
        ioctl(target.file.number(), BLKSSZGET, &logical_block_bytes) != 0)
        return system_failure("cannot ask " + path + " for its size", errno);
    target.align_bytes = static_cast<std::uint64_t>(logical_block_bytes);
    if (target.size_bytes == 0)
        return failure(ErrorKind::unavailable,
                       path + " has a size of 0 (no medium, or not set up); name another --device");
    return target;
}

Expected<void> check_alignment(const Target& target, std::uint64_t block_bytes) {
    if (block_bytes % target.align_bytes != 0)
        return failure(ErrorKind::usage, "--block " + std::to_string(block_bytes) +
                                             " B: direct I/O on " + target.path +
                                             " needs a multiple of " +
                                             std::to_string(target.align_bytes) + " B");
    if (target.kind == TargetKind::device && target.size_bytes < block_bytes)
        return failure(ErrorKind::usage, "--device " + target.path + " holds " +
                                             std::to_string(target.size_bytes) +
                                             " B, less than one block");
    return {};
}

Expected<Space> space_of(const Target& target) {
    struct statvfs facts {};
    if (fstatvfs(target.file.number(), &facts) != 0)
        return system_failure("cannot ask the filesystem of " + target.path + " for its free space",
                              errno);
    return Space{std::uint64_t{facts.f_bavail} * facts.f_frsize,
                 std::uint64_t{facts.f_blocks} * facts.f_frsize};
}

std::optional<host::DiskCounters> CountedDisk::counters(const host::Files& files) const {
    return host::read_disk_counters(files, major, minor);
}

Expected<CountedDisk> counted_disk_of(const host::Files& files, const std::string& path) {
    ASSAY_TRY(const host::BlockDevice device, host::device_of_path(files, path));
    return CountedDisk{device.disk_major, device.disk_minor, device.disk_name,
                       !device.is_mapped && !device.is_raid};
}

}  // namespace assay::storage
