#include "tests/support/storage_faults.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>
#include <utility>

namespace assay::test {
namespace {

using Clock = std::chrono::steady_clock;

template <class End>
std::future<Stall::Length> end_after(Stall::Length length, Clock::time_point begin, End end) {
    // A thread of its own from the start: the stall must end whatever the test's thread waits for.
    return std::async(std::launch::async, [length, begin, end = std::move(end)]() mutable {
        std::this_thread::sleep_until(begin + length);
        end();
        return std::chrono::duration_cast<Stall::Length>(Clock::now() - begin);
    });
}

}  // namespace

Expected<FrozenFilesystem> FrozenFilesystem::create(const std::string& folder) {
    const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return system_failure("open " + folder, errno);
    if (ioctl(file, FIFREEZE, 0) != 0) {
        const int error = errno;
        close(file);
        return system_failure("freeze the filesystem of " + folder, error);
    }
    return FrozenFilesystem(file);
}

FrozenFilesystem::FrozenFilesystem(FrozenFilesystem&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)) {}

void FrozenFilesystem::thaw() {
    if (folder_ < 0)
        return;
    (void)ioctl(folder_, FITHAW, 0);
    close(std::exchange(folder_, -1));
}

FrozenFilesystem::~FrozenFilesystem() {
    thaw();
}

Expected<Stall> Stall::of_writes(const std::string& folder, Length length) {
    const auto begin = Clock::now();
    ASSAY_TRY(FrozenFilesystem frozen, FrozenFilesystem::create(folder));
    return Stall(
        end_after(length, begin, [frozen = std::move(frozen)]() mutable { frozen.thaw(); }));
}

Stall Stall::of(BlockThrottle& throttle, Length length) {
    const auto begin = Clock::now();
    throttle.set_limit(1);
    return Stall(end_after(length, begin, [&throttle] { throttle.lift(); }));
}

Stall::Length Stall::wait() {
    return length_.get();
}

Expected<SmallMemoryFilesystem> SmallMemoryFilesystem::create(std::uint64_t bytes) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return system_failure("enter a mount namespace", errno);
    std::string folder = "/tmp/assay_test_tmpfs_XXXXXX";
    if (mkdtemp(folder.data()) == nullptr)
        return system_failure("make a folder to mount on", errno);
    const std::string size = "size=" + std::to_string(bytes);
    if (mount("assay_test", folder.c_str(), "tmpfs", 0, size.c_str()) != 0) {
        const int error = errno;
        rmdir(folder.c_str());
        return system_failure("mount a tmpfs", error);
    }
    return SmallMemoryFilesystem(folder);
}

SmallMemoryFilesystem::SmallMemoryFilesystem(SmallMemoryFilesystem&& other) noexcept
    : folder_(std::exchange(other.folder_, std::string())) {}

SmallMemoryFilesystem::~SmallMemoryFilesystem() {
    if (folder_.empty())
        return;
    umount2(folder_.c_str(), MNT_DETACH);
    rmdir(folder_.c_str());
}

Expected<std::string> SmallMemoryFilesystem::add_sparse_file(std::uint64_t bytes) const {
    std::string path = folder_ + "/sparse_XXXXXX";
    const int file = mkstemp(path.data());
    if (file < 0)
        return system_failure("make a file in " + folder_, errno);
    const int status = ftruncate(file, static_cast<off_t>(bytes));
    const int error = errno;
    close(file);
    if (status != 0)
        return system_failure("lengthen " + path, error);
    return path;
}

Expected<void> remount_read_only(const std::string& folder) {
    if (mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
        return system_failure("mount " + folder + " read-only", errno);
    return {};
}

}  // namespace assay::test
