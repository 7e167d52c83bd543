#include "tests/support/loop_device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "engine/core/units.h"

extern char** environ;

namespace assay::test {
namespace {

// Somebody else may take the free device between the question and the claim.
constexpr int kTries = 16;

Expected<void> run_program(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t child = 0;
    if (const int error =
            posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ);
        error != 0)
        return system_failure("start " + words[0], error);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return system_failure("wait for " + words[0], errno);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return failure(ErrorKind::io, words[0] + " failed");
    return {};
}

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
    const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return system_failure("open /dev/loop-control", errno);
    int error = EBUSY;
    for (int attempt = 0; attempt < kTries && loop.device_ < 0; ++attempt) {
        const int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) {
            error = errno;
            break;
        }
        loop.path_ = "/dev/loop" + std::to_string(number);
        const int device = open(loop.path_.c_str(), O_RDWR | O_CLOEXEC);
        if (device < 0) {
            error = errno;
            break;
        }
        loop_config config{};
        config.fd = static_cast<__u32>(loop.backing_);
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
        if (ioctl(device, LOOP_CONFIGURE, &config) == 0) {
            loop.device_ = device;
            break;
        }
        error = errno;
        close(device);
        if (error != EBUSY)
            break;
    }
    close(control);
    struct stat facts {};
    if (loop.device_ < 0)
        return system_failure("set up a loop device", error);
    if (fstat(loop.device_, &facts) != 0)
        return system_failure("look at " + loop.path_, errno);
    loop.major_ = ::major(facts.st_rdev);
    loop.minor_ = ::minor(facts.st_rdev);
    return loop;
}

LoopDevice::LoopDevice(LoopDevice&& other) noexcept
    : path_(std::move(other.path_)),
      backing_(std::exchange(other.backing_, -1)),
      device_(std::exchange(other.device_, -1)),
      bytes_(other.bytes_),
      major_(other.major_),
      minor_(other.minor_) {}

LoopDevice::~LoopDevice() {
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
