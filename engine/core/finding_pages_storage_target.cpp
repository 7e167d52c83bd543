#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{
        "memory_backed",
        "The test file lies in RAM (tmpfs, ramfs, brd, zram). It will be gone with the power, and "
        "its speed is that of memory.",
        "The filesystem of the path is tmpfs or ramfs, or the driver at the bottom of the device "
        "stack (/sys/dev/block) is one of memory; a loop device is followed to its file.",
        "/tmp is often a tmpfs: give --path a directory on the volume that will hold the "
        "restored data."},
    FindingPage{
        "transparent_compression",
        "What is written is not what is stored. Rates count the application's bytes; the device "
        "may move fewer.",
        "Mount options of btrfs, f2fs and bcachefs, ZFS by its nature, or encoded extents in over "
        "1 % of the test file (FIEMAP).",
        "Our data does not compress, so the number is the worst case. Compare with a source that "
        "compresses too, or switch it off for the test directory."},
    FindingPage{
        "remote_filesystem",
        "Every operation crosses a network or a user process; its latency contains both.",
        "The mount's type is one of nfs, cifs, 9p, virtiofs, ceph, lustre, gpfs and the like, or "
        "any fuse.* filesystem.",
        "That is what the workload will see, so keep it. To find out which part is slow, run once "
        "more on the file server itself."},
    FindingPage{
        "barriers_off",
        "Flushes are left out by order of the mount. Sync latencies look excellent and mean "
        "nothing after a power cut.",
        "The options nobarrier, barrier=0, barrier=off, barrier=none, fsync_mode=nobarrier or "
        "volatile in the mount table.",
        "Remount without the option on any host that holds data which must survive, then measure "
        "fsync again: the new number is the true one."},
    FindingPage{
        "nearly_full",
        "A nearly full filesystem places new data in small pieces, and a flash device below it has "
        "few free blocks left.",
        "Free against total blocks of the filesystem (statvfs): over 90 % in use.",
        "Check first whether the restored data would fit at all. Then free space, or enlarge the "
        "volume, and repeat."},
    FindingPage{
        "device_hot",
        "The device protects itself by working slower, so the number is that of an overheated "
        "host.",
        "The sensor of the device (hwmon) at or above the smaller of its own `max` and `crit` "
        "marks.",
        "Look at air flow and fans; NVMe devices in small cases want a heat sink. Repeat when it "
        "has cooled down."},
    FindingPage{
        "raid_degraded",
        "The array works with fewer disks, or spends a part of its speed on a rebuild. Both pass, "
        "and both risk the data meanwhile.",
        "md/degraded above zero, or md/sync_action other than idle or frozen, of an array below "
        "the path.",
        "`cat /proc/mdstat` says how long the rebuild takes. Replace the disk, wait for it, and "
        "measure again."},
    FindingPage{
        "cgroup_io_limit",
        "The group may use a part of the device only. The number is that of the part.",
        "io.max (v2) or blkio.throttle.* (v1) of the groups of this process, for a device below "
        "the path.",
        "Same question as for a CPU quota: is the limit a part of what you certify? If it is not, "
        "run outside the group."},
    FindingPage{
        "engine_fallback",
        "Asynchronous I/O went through an older interface (Linux AIO, or threads that wait), "
        "which costs more CPU and may not reach a fast device's rate.",
        "Opening a ring was refused (kernel.io_uring_disabled, seccomp, a kernel before 5.1); the "
        "message holds the refusal.",
        "Allow io_uring on both sides, or force the same engine on both with --engine; runs with "
        "different engines are not compared."},
    FindingPage{
        "use_unchecked",
        "The device looked unused, but not every way in which it could be in use was visible. "
        "Writing to it was allowed by you, by name.",
        "Mount tables of other namespaces (/proc/*/mountinfo), holders, swap, loop files and open "
        "writers are looked at; those that permissions hide are listed in the message.",
        "Run as root in the initial namespaces. If you cannot, verify by hand (`lsblk -f`, "
        "`fuser -v`) before any --destroy-data."},
};

}  // namespace

std::span<const FindingPage> storage_target_pages() {
    return kPages;
}

}  // namespace assay
