#include "tests/support/memory_device.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/units.h"

namespace assay::test {
namespace {

constexpr const char* kControl = "/sys/class/zram-control";
// One file a device, "OWNER_NUMBER": the kernel does not tie these devices to a process.
constexpr const char* kOwners = "/run/assay_test_zram";

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

std::string owner_file(pid_t owner, int number) {
    return std::string(kOwners) + "/" + std::to_string(owner) + "_" + std::to_string(number);
}

// A reset is refused while somebody has the device open, and the kernel lets go of a ring's files
// only some time after the ring was closed.
void remove_device(int number) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    const std::string reset = "/sys/block/zram" + std::to_string(number) + "/reset";
    while (!write_text(reset, "1") && std::chrono::steady_clock::now() < give_up)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    (void)write_text(std::string(kControl) + "/hot_remove", std::to_string(number));
}

void remove_stale_devices() {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(kOwners, ignored)) {
        const std::string name = entry.path().filename();
        const std::size_t bar = name.find('_');
        pid_t owner = 0;
        int number = -1;
        std::from_chars(name.data(), name.data() + std::min(bar, name.size()), owner);
        if (bar != std::string::npos)
            std::from_chars(name.data() + bar + 1, name.data() + name.size(), number);
        if (owner <= 0 || number < 0 || kill(owner, 0) == 0 || errno != ESRCH)
            continue;
        remove_device(number);
        std::filesystem::remove(entry.path(), ignored);
    }
}

}  // namespace

Expected<MemoryDevice> MemoryDevice::create(std::uint64_t bytes) {
    if (access((std::string(kControl) + "/hot_add").c_str(), R_OK) != 0)
        return failure(ErrorKind::unsupported, "this kernel offers no zram devices");
    std::error_code error;
    std::filesystem::create_directories(kOwners, error);
    if (error)
        return system_failure(std::string("make ") + kOwners, error.value());
    remove_stale_devices();
    int number = -1;
    std::ifstream(std::string(kControl) + "/hot_add") >> number;
    if (number < 0)
        return failure(ErrorKind::unsupported, "the kernel gave no zram device");
    std::ofstream{owner_file(getpid(), number)};
    MemoryDevice device(number);
    ASSAY_TRY_VOID(write_text("/sys/block/zram" + std::to_string(number) + "/disksize",
                              std::to_string(bytes)));
    struct stat facts {};
    if (stat(device.path_.c_str(), &facts) != 0)
        return system_failure("look at " + device.path_, errno);
    device.major_ = major(facts.st_rdev);
    device.minor_ = minor(facts.st_rdev);
    ASSAY_TRY_VOID(device.fill(bytes));
    return device;
}

MemoryDevice::MemoryDevice(int number)
    : number_(number), path_("/dev/zram" + std::to_string(number)) {}

MemoryDevice::MemoryDevice(MemoryDevice&& other) noexcept
    : number_(other.number_),
      path_(std::move(other.path_)),
      major_(other.major_),
      minor_(other.minor_) {
    other.number_ = -1;
}

MemoryDevice::~MemoryDevice() {
    if (number_ < 0)
        return;
    remove_device(number_);
    std::error_code ignored;
    std::filesystem::remove(owner_file(getpid(), number_), ignored);
}

// Pages without content, or with little, would be answered from nothing.
Expected<void> MemoryDevice::fill(std::uint64_t bytes) const {
    constexpr std::size_t kPieceBytes = kMiB;
    const int file = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return system_failure("open " + path_, errno);
    std::mt19937_64 random(bytes);
    std::vector<std::uint64_t> piece(kPieceBytes / sizeof(std::uint64_t));
    Expected<void> outcome;
    for (std::uint64_t at = 0; at < bytes && outcome; at += kPieceBytes) {
        for (std::uint64_t& word : piece)
            word = random();
        if (write(file, piece.data(), kPieceBytes) != static_cast<ssize_t>(kPieceBytes))
            outcome = system_failure("fill " + path_, errno);
    }
    if (outcome && fsync(file) != 0)
        outcome = system_failure("fill " + path_, errno);
    close(file);
    return outcome;
}

}  // namespace assay::test
