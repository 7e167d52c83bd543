#include "tests/support/block_throttle.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <utility>

namespace assay::test {
namespace {

constexpr const char* kController = "/sys/fs/cgroup/blkio";
constexpr std::string_view kPrefix = "assay_test_";

Expected<void> write_text(const std::string& path, const std::string& text) {
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return system_failure("open " + path, errno);
    const ssize_t written = write(file, text.data(), text.size());
    const int error = errno;
    close(file);
    if (written != static_cast<ssize_t>(text.size()))
        return system_failure("write " + path, error);
    return {};
}

// Groups of test programs that were killed: empty, and named after a process that is no more.
void remove_stale_groups() {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(kController, ignored)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(kPrefix))
            continue;
        pid_t owner = 0;
        std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), owner);
        if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH)
            rmdir(entry.path().c_str());
    }
}

}  // namespace

Expected<BlockThrottle> BlockThrottle::reads(unsigned major, unsigned minor,
                                             std::uint64_t reads_per_second) {
    return make("/blkio.throttle.read_iops_device", major, minor, reads_per_second);
}

Expected<BlockThrottle> BlockThrottle::writes(unsigned major, unsigned minor,
                                              std::uint64_t writes_per_second) {
    return make("/blkio.throttle.write_iops_device", major, minor, writes_per_second);
}

Expected<BlockThrottle> BlockThrottle::read_bytes(unsigned major, unsigned minor,
                                                  std::uint64_t bytes_per_second) {
    return make("/blkio.throttle.read_bps_device", major, minor, bytes_per_second);
}

Expected<BlockThrottle> BlockThrottle::write_bytes(unsigned major, unsigned minor,
                                                   std::uint64_t bytes_per_second) {
    return make("/blkio.throttle.write_bps_device", major, minor, bytes_per_second);
}

Expected<BlockThrottle> BlockThrottle::make(const std::string& knob, unsigned major, unsigned minor,
                                            std::uint64_t per_second) {
    static std::atomic<int> count = 0;
    const std::string controller = kController;
    if (access((controller + knob).c_str(), F_OK) != 0)
        return failure(ErrorKind::unsupported,
                       "no blkio control groups (version 1) with throttling");
    remove_stale_groups();
    BlockThrottle throttle;
    const std::string folder = controller + "/" + std::string(kPrefix) + std::to_string(getpid()) +
                               "_" + std::to_string(++count);
    if (mkdir(folder.c_str(), S_IRWXU) != 0)
        return system_failure("make the control group " + folder, errno);
    throttle.folder_ = folder;
    throttle.device_ = std::to_string(major) + ":" + std::to_string(minor);
    throttle.knob_ = knob;
    ASSAY_TRY_VOID(write_text(folder + knob, throttle.device_ + " " + std::to_string(per_second)));
    ASSAY_TRY_VOID(write_text(folder + "/tasks", std::to_string(gettid())));
    return throttle;
}

BlockThrottle::BlockThrottle(BlockThrottle&& other) noexcept
    : knob_(std::move(other.knob_)),
      folder_(std::exchange(other.folder_, std::string())),
      device_(std::move(other.device_)) {}

void BlockThrottle::set_limit(std::uint64_t per_second) {
    (void)write_text(folder_ + knob_, device_ + " " + std::to_string(per_second));
}

BlockThrottle::~BlockThrottle() {
    if (folder_.empty())
        return;
    lift();
    (void)write_text(std::string(kController) + "/tasks", std::to_string(gettid()));
    // A child that was just killed may need a moment to leave the group.
    constexpr int kTries = 100;
    constexpr useconds_t kPauseUs = 10'000;
    for (int attempt = 0; attempt < kTries && rmdir(folder_.c_str()) != 0 && errno == EBUSY;
         ++attempt)
        usleep(kPauseUs);
}

}  // namespace assay::test
