#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "engine/core/units.h"
#include "probes/storage/aio_queue.h"
#include "probes/storage/target.h"
#include "tests/support/block_throttle.h"
#include "tests/support/loop_device.h"

/// Linux AIO against limits that are known from outside.
namespace assay::storage {
namespace {

using test::BlockThrottle;
using test::LoopDevice;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kBlock = 4096;
constexpr unsigned kDepth = 32;
constexpr std::uint64_t kDeviceBytes = 64 * kMiB;
constexpr std::int64_t kLong = kNanosecondsPerSecond;

#define MAKE_OR_SKIP(name, expression)               \
    auto name##_made = (expression);                 \
    if (!name##_made)                                \
        GTEST_SKIP() << name##_made.error().message; \
    auto name = std::move(*name##_made)

class AioTruth : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        if (geteuid() != 0)
            GTEST_SKIP() << "loop devices and control groups need root";
    }
    AioSettings settings(const Fd& file) const {
        return {kDepth, file.number(), {arena_.get(), kArenaBytes}, kBlock, GetParam()};
    }

    static constexpr std::size_t kArenaBytes = std::size_t{kDepth} * kBlock;
    std::unique_ptr<std::byte, decltype(&std::free)> arena_{
        static_cast<std::byte*>(std::aligned_alloc(kBlock, kArenaBytes)), &std::free};
};

/// Keeps all slots busy with reads until `end`; returns how many came back whole, and counts the
/// others.
unsigned read_until(AioQueue& queue, Clock::time_point end, unsigned& wrong) {
    unsigned done = 0;
    std::uint64_t block = 0;
    while (Clock::now() < end) {
        if (queue.submit_and_wait(1, kLong) != 0)
            ++wrong;
        done += queue.reap(kDepth, [&](std::uint32_t slot, std::int32_t result) {
            wrong += result == static_cast<std::int32_t>(kBlock) ? 0u : 1u;
            block = (block + 7'919) % (kDeviceBytes / kBlock);
            queue.stage(slot, block * kBlock, AioOperation::read);
        });
    }
    return done;
}

TEST_P(AioTruth, reads_a_devices_limit_within_one_percent) {
    constexpr double kLimit = 5'000;
    constexpr int kRounds = 3;
    MAKE_OR_SKIP(loop, LoopDevice::create(kDeviceBytes));
    ASSERT_TRUE(loop.fill());
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), 5'000));
    const Fd file(open(loop.path().c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
    MAKE_OR_SKIP(queue, AioQueue::create(settings(file)));
    EXPECT_EQ(queue.reads_shared_ring(), GetParam());
    for (std::uint32_t slot = 0; slot < kDepth; ++slot)
        queue.stage(slot, std::uint64_t{slot} * kBlock, AioOperation::read);
    unsigned wrong = 0;
    // The throttle lets a burst pass at first.
    read_until(queue, Clock::now() + std::chrono::milliseconds(300), wrong);
    std::vector<double> rates;
    for (int round = 0; round < kRounds; ++round) {
        const auto begin = Clock::now();
        const unsigned done = read_until(queue, begin + std::chrono::seconds(1), wrong);
        rates.push_back(done / std::chrono::duration<double>(Clock::now() - begin).count());
    }
    EXPECT_EQ(wrong, 0u);
    std::sort(rates.begin(), rates.end());
    const double median = rates[kRounds / 2];
    EXPECT_NEAR(median, kLimit, kLimit * 0.01);
    std::printf("limit %.0f op/s: read %.1f op/s (%+.3f %%)\n", kLimit, median,
                (median / kLimit - 1) * 100);
}

TEST_P(AioTruth, errors_of_the_device_come_back_as_results) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kDeviceBytes));
    ASSERT_TRUE(loop.truncate_backing(kDeviceBytes / 2));
    const Fd file(open(loop.path().c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
    MAKE_OR_SKIP(queue, AioQueue::create(settings(file)));
    queue.stage(0, 0, AioOperation::read);
    queue.stage(1, kDeviceBytes - kBlock, AioOperation::read);
    unsigned came = 0;
    for (int tries = 0; came < 2 && tries < 10; ++tries) {
        ASSERT_EQ(queue.submit_and_wait(2, kLong), 0);
        came += queue.reap(kDepth, [](std::uint32_t slot, std::int32_t result) {
            EXPECT_EQ(result, slot == 0 ? static_cast<std::int32_t>(kBlock) : -EIO);
        });
    }
    EXPECT_EQ(came, 2u);
}

TEST_P(AioTruth, a_device_that_hangs_lets_the_wait_end_in_time) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kDeviceBytes));
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), 1));
    const Fd file(open(loop.path().c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
    MAKE_OR_SKIP(queue, AioQueue::create(settings(file)));
    for (std::uint32_t slot = 0; slot < kDepth; ++slot)
        queue.stage(slot, std::uint64_t{slot} * kBlock, AioOperation::read);
    const auto begin = Clock::now();
    EXPECT_EQ(queue.submit_and_wait(kDepth, 200 * kNanosecondsPerMillisecond), 0);
    const auto took = Clock::now() - begin;
    EXPECT_GE(took, std::chrono::milliseconds(199));
    EXPECT_LT(took, std::chrono::seconds(2));
    EXPECT_LT(queue.ready(), kDepth);
    EXPECT_EQ(queue.in_flight(), kDepth);
    throttle.lift();
    // The destructor waits for what is in flight.
}

INSTANTIATE_TEST_SUITE_P(Reaping, AioTruth, testing::Bool(), [](const auto& of) {
    return of.param ? "from_shared_memory" : "with_io_getevents";
});

}  // namespace
}  // namespace assay::storage
