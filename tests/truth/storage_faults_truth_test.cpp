#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>

#include "engine/core/units.h"
#include "probes/storage/fd.h"
#include "tests/support/loop_device.h"
#include "tests/support/storage_faults.h"

/// That the faults which other tests inject do what they say: a test against a fault that never
/// came holds nothing.
namespace assay::test {
namespace {

using std::chrono::milliseconds;
using storage::Fd;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlock = 4096;
constexpr auto kStall = milliseconds(300);

#define MAKE_OR_SKIP(name, expression)               \
    auto name##_made = (expression);                 \
    if (!name##_made)                                \
        GTEST_SKIP() << name##_made.error().message; \
    auto name = std::move(*name##_made)

class StorageFaults : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0)
            GTEST_SKIP() << "loop devices and mounts need root";
    }

    static Fd open_direct(const std::string& path, int flags = 0) {
        Fd file(open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC | flags, 0600));
        EXPECT_TRUE(file.is_open()) << path << ": errno " << errno;
        return file;
    }
    /// 0, or the errno.
    static int write_block(const Fd& file, std::uint64_t number) {
        alignas(kBlock) static std::array<char, kBlock> block;
        block.fill('w');
        return pwrite(file.number(), block.data(), kBlock, static_cast<off_t>(number * kBlock)) ==
                       static_cast<ssize_t>(kBlock)
                   ? 0
                   : errno;
    }
    static int read_block(const Fd& file, std::uint64_t number) {
        alignas(kBlock) static std::array<char, kBlock> block;
        return pread(file.number(), block.data(), kBlock, static_cast<off_t>(number * kBlock)) ==
                       static_cast<ssize_t>(kBlock)
                   ? 0
                   : errno;
    }
    static Clock::duration time_of(const auto& work) {
        const auto begin = Clock::now();
        work();
        return Clock::now() - begin;
    }
};

TEST_F(StorageFaults, a_frozen_filesystem_holds_writes_until_it_is_thawed) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    MAKE_OR_SKIP(mounted, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    const Fd file = open_direct(mounted.folder() + "/file", O_CREAT);
    ASSERT_EQ(write_block(file, 0), 0);
    MAKE_OR_SKIP(stall, Stall::of_writes(mounted.folder(), kStall));
    const auto began = Clock::now();
    EXPECT_EQ(read_block(file, 0), 0);
    EXPECT_LT(Clock::now() - began, kStall / 2) << "reads must go on";
    EXPECT_EQ(write_block(file, 0), 0);
    const auto waited = Clock::now() - began;
    const auto length = stall.wait();
    EXPECT_GE(length, kStall);
    EXPECT_GE(waited, kStall / 2);
}

TEST_F(StorageFaults, a_loop_device_over_a_frozen_filesystem_stalls) {
    MAKE_OR_SKIP(lower, LoopDevice::create(64 * kMiB));
    MAKE_OR_SKIP(mounted, MountedExt4::create(lower.path(), MountedExt4::Mode::read_write));
    const std::string path = mounted.folder() + "/disk";
    { const Fd made = open_direct(path, O_CREAT); }
    ASSERT_EQ(truncate(path.c_str(), 16 * kMiB), 0);
    MAKE_OR_SKIP(upper, LoopDevice::over(path));
    const Fd device = open_direct(upper.path());
    ASSERT_EQ(write_block(device, 1), 0);
    MAKE_OR_SKIP(stall, Stall::of_writes(mounted.folder(), kStall));
    EXPECT_GE(time_of([&] { EXPECT_EQ(write_block(device, 1), 0); }), kStall / 2);
    EXPECT_GE(stall.wait(), kStall);
}

TEST_F(StorageFaults, a_throttle_stalls_reads_and_lets_go) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    ASSERT_TRUE(loop.fill());
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), 1'000'000));
    const Fd device = open_direct(loop.path());
    for (std::uint64_t block = 0; block < 10; ++block)
        ASSERT_EQ(read_block(device, block), 0);
    Stall stall = Stall::of(throttle, kStall);
    // The first may pass; of ten, nine wait.
    const auto took = time_of([&] {
        for (std::uint64_t block = 0; block < 10; ++block)
            EXPECT_EQ(read_block(device, block), 0);
    });
    EXPECT_GE(took, kStall / 2);
    EXPECT_LT(took, std::chrono::seconds(3)) << "the throttle did not let go";
    EXPECT_GE(stall.wait(), kStall);
}

TEST_F(StorageFaults, writes_are_throttled_too) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    MAKE_OR_SKIP(throttle, BlockThrottle::writes(loop.major(), loop.minor(), 100));
    const Fd device = open_direct(loop.path());
    const auto took = time_of([&] {
        for (std::uint64_t block = 0; block < 50; ++block)
            EXPECT_EQ(write_block(device, block), 0);
    });
    EXPECT_GE(took, milliseconds(300));  // 50 writes at 100 a second, less one slice of the kernel
}

TEST_F(StorageFaults, a_full_filesystem_under_a_loop_device_fails_its_writes) {
    MAKE_OR_SKIP(small, SmallMemoryFilesystem::create(4 * kMiB));
    MAKE_OR_SKIP(path, small.add_sparse_file(32 * kMiB));
    MAKE_OR_SKIP(loop, LoopDevice::over(path));
    const Fd device = open_direct(loop.path());
    unsigned written = 0;
    int error = 0;
    for (std::uint64_t block = 0; block < 32 * kMiB / kBlock && error == 0; ++block) {
        error = write_block(device, block);
        written += error == 0 ? 1 : 0;
    }
    EXPECT_TRUE(error == EIO || error == ENOSPC) << error;
    EXPECT_LE(written, 4 * kMiB / kBlock);
    EXPECT_GE(written, 3 * kMiB / kBlock);
    EXPECT_EQ(read_block(device, 0), 0) << "what was written must still be there";
}

TEST_F(StorageFaults, a_filesystem_that_went_read_only_refuses_files) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    MAKE_OR_SKIP(mounted, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    { const Fd file = open_direct(mounted.folder() + "/file", O_CREAT); }
    const auto remounted = remount_read_only(mounted.folder());
    ASSERT_TRUE(remounted) << remounted.error().message;
    EXPECT_EQ(open((mounted.folder() + "/other").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), -1);
    EXPECT_EQ(errno, EROFS);
}

}  // namespace
}  // namespace assay::test
