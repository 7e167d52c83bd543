#include "tests/support/loop_device.h"

#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "engine/core/units.h"
#include "tests/support/program.h"

namespace assay::test {
namespace {

// Somebody else may take the free device between the question and the claim.
constexpr int kTries = 16;

// Mounts made from here on are seen by this thread and those that it starts, and by nobody else.
Expected<void> enter_own_mount_namespace() {
    if (unshare(CLONE_NEWNS) != 0)
        return system_failure("enter a mount namespace", errno);
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return system_failure("make mounts private", errno);
    return {};
}

}  // namespace

Expected<LoopDevice> LoopDevice::create(std::uint64_t bytes) {
    LoopDevice loop;
    loop.bytes_ = bytes;
    loop.backing_ = memfd_create("assay_test_loop", MFD_CLOEXEC);
    if (loop.backing_ < 0 || ftruncate(loop.backing_, static_cast<off_t>(bytes)) != 0)
        return system_failure("make memory for a loop device", errno);
    ASSAY_TRY_VOID(loop.attach(Access::read_write));
    return loop;
}

Expected<LoopDevice> LoopDevice::over(const std::string& backing, Access access) {
    LoopDevice loop;
    loop.backing_ =
        open(backing.c_str(), (access == Access::read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    const off_t end = loop.backing_ < 0 ? -1 : lseek(loop.backing_, 0, SEEK_END);
    if (end < 0)
        return system_failure("open " + backing + " for a loop device", errno);
    loop.bytes_ = static_cast<std::uint64_t>(end);
    ASSAY_TRY_VOID(loop.attach(access));
    return loop;
}

Expected<void> LoopDevice::attach(Access access) {
    const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return system_failure("open /dev/loop-control", errno);
    int error = EBUSY;
    for (int attempt = 0; attempt < kTries && device_ < 0; ++attempt) {
        const int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) {
            error = errno;
            break;
        }
        path_ = "/dev/loop" + std::to_string(number);
        const int device = open(path_.c_str(), O_RDWR | O_CLOEXEC);
        if (device < 0) {
            error = errno;
            break;
        }
        loop_config config{};
        config.fd = static_cast<__u32>(backing_);
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN;
        if (access == Access::read_only)
            config.info.lo_flags |= LO_FLAGS_READ_ONLY;
        if (ioctl(device, LOOP_CONFIGURE, &config) == 0) {
            device_ = device;
            break;
        }
        error = errno;
        close(device);
        if (error != EBUSY)
            break;
    }
    close(control);
    struct stat facts {};
    if (device_ < 0)
        return system_failure("set up a loop device", error);
    if (fstat(device_, &facts) != 0)
        return system_failure("look at " + path_, errno);
    major_ = ::major(facts.st_rdev);
    minor_ = ::minor(facts.st_rdev);
    return {};
}

LoopDevice::LoopDevice(LoopDevice&& other) noexcept
    : path_(std::move(other.path_)),
      backing_(std::exchange(other.backing_, -1)),
      device_(std::exchange(other.device_, -1)),
      partitions_(std::exchange(other.partitions_, {})),
      bytes_(other.bytes_),
      major_(other.major_),
      minor_(other.minor_) {}

LoopDevice::~LoopDevice() {
    // With a partition left, the kernel would keep the device.
    for (const int number : partitions_) {
        blkpg_partition partition{};
        partition.pno = number;
        blkpg_ioctl_arg argument{BLKPG_DEL_PARTITION, 0, sizeof partition, &partition};
        (void)ioctl(device_, BLKPG, &argument);
    }
    if (device_ >= 0)
        close(device_);
    if (backing_ >= 0)
        close(backing_);
}

Expected<void> LoopDevice::fill() {
    std::vector<std::uint64_t> words(kMiB / sizeof(std::uint64_t));
    std::mt19937_64 random(1);
    for (std::uint64_t offset = 0; offset < bytes_; offset += kMiB) {
        std::generate(words.begin(), words.end(), std::ref(random));
        const std::size_t length = std::min<std::uint64_t>(kMiB, bytes_ - offset);
        if (pwrite(backing_, words.data(), length, static_cast<off_t>(offset)) !=
            static_cast<ssize_t>(length))
            return system_failure("fill " + path_, errno);
    }
    return {};
}

Expected<void> LoopDevice::truncate_backing(std::uint64_t bytes) {
    if (ftruncate(backing_, static_cast<off_t>(bytes)) != 0)
        return system_failure("cut the memory under " + path_, errno);
    return {};
}

Expected<std::string> LoopDevice::add_partition(int number, std::uint64_t first_byte,
                                                std::uint64_t bytes) {
    blkpg_partition partition{};
    partition.pno = number;
    partition.start = static_cast<long long>(first_byte);
    partition.length = static_cast<long long>(bytes);
    blkpg_ioctl_arg argument{BLKPG_ADD_PARTITION, 0, sizeof partition, &partition};
    // EBUSY: the kernel has read the table by itself.
    if (ioctl(device_, BLKPG, &argument) != 0 && errno != EBUSY)
        return system_failure("add a partition to " + path_, errno);
    partitions_.push_back(number);
    return path_ + "p" + std::to_string(number);
}

Expected<std::uint64_t> LoopDevice::checksum() const {
    // What other programs wrote through the device's page cache comes down first.
    if (fsync(device_) != 0)
        return system_failure("flush " + path_, errno);
    std::uint64_t sum = 14'695'981'039'346'656'037u;  // FNV-1a, a word at a time
    std::vector<std::uint64_t> words(kMiB / sizeof(std::uint64_t));
    for (std::uint64_t offset = 0; offset < bytes_; offset += kMiB) {
        const std::size_t length = std::min<std::uint64_t>(kMiB, bytes_ - offset);
        if (pread(backing_, words.data(), length, static_cast<off_t>(offset)) !=
            static_cast<ssize_t>(length))
            return system_failure("read what lies under " + path_, errno);
        for (std::size_t index = 0; index < length / sizeof(std::uint64_t); ++index)
            sum = (sum ^ words[index]) * 1'099'511'628'211u;
    }
    return sum;
}

Expected<MountedExt4> MountedExt4::create(const std::string& device, Mode mode) {
    // No journal and lazy tables: as little traffic of its own as possible.
    ASSAY_TRY_VOID(run_program({"mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-E",
                                "lazy_itable_init=1,nodiscard", device}));
    ASSAY_TRY_VOID(enter_own_mount_namespace());
    std::string folder = "/tmp/assay_test_mount_XXXXXX";
    if (mkdtemp(folder.data()) == nullptr)
        return system_failure("make a folder to mount on", errno);
    const unsigned long flags =
        unsigned{MS_NOATIME} | (mode == Mode::read_only ? unsigned{MS_RDONLY} : 0u);
    if (mount(device.c_str(), folder.c_str(), "ext4", flags, "noinit_itable") != 0) {
        const int error = errno;
        rmdir(folder.c_str());
        return system_failure("mount " + device, error);
    }
    return MountedExt4(folder);
}

MountedExt4::MountedExt4(MountedExt4&& other) noexcept
    : folder_(std::exchange(other.folder_, std::string())) {}

MountedExt4::~MountedExt4() {
    if (folder_.empty())
        return;
    // Lazily, so that a file that a test still holds cannot keep the mount for ever.
    umount2(folder_.c_str(), MNT_DETACH);
    rmdir(folder_.c_str());
}

}  // namespace assay::test
