#include "probes/storage/io_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <set>

#include "engine/core/units.h"
#include "probes/storage/fd.h"
#include "probes/storage/pattern.h"
#include "probes/storage/ring.h"

namespace assay::storage {
namespace {

constexpr std::uint32_t kBlock = 4096;
constexpr unsigned kDepth = 8;
constexpr unsigned kBlocks = 64;
constexpr std::uint64_t kSeed = 5;

class IoLoop : public testing::Test {
  protected:
    void SetUp() override {
        const auto ring = Ring::create({});
        if (!ring)
            GTEST_SKIP() << "no io_uring: " << ring.error().message;
        file_ = Fd(memfd_create("io_loop_test", MFD_CLOEXEC));
        std::vector<std::byte> data(kBlocks * kBlock);
        write_pattern(data, 0, kSeed);
        ASSERT_EQ(pwrite(file_.number(), data.data(), data.size(), 0),
                  static_cast<ssize_t>(data.size()));
    }

    Ring ring_reading(int file) {
        RingSettings settings;
        settings.depth = kDepth;
        settings.file = file;
        settings.arena = arena_;
        Ring ring = std::move(*Ring::create(settings));
        ring.prepare_reads(kBlock);
        return ring;
    }

    LoopPlan plan_of(std::int64_t window_ns) const {
        LoopPlan plan;
        plan.depth = kDepth;
        plan.batch = kDepth;
        plan.blocks = kBlocks;
        plan.block_bytes = kBlock;
        plan.expected_result = kBlock;
        plan.seed = 42;
        plan.begin_ticks = clock_.ticks() + clock_.ticks_of_ns(kNanosecondsPerMillisecond);
        plan.end_ticks = plan.begin_ticks + clock_.ticks_of_ns(window_ns);
        plan.give_up_ticks = plan.end_ticks + clock_.ticks_of_ns(10 * kNanosecondsPerSecond);
        return plan;
    }

    const host::Clock clock_{host::Files{}};
    Fd file_;
    std::vector<std::byte> arena_ = std::vector<std::byte>(kDepth * kBlock);
    LoopTally tally_;
};

TEST_F(IoLoop, counts_whole_reads_and_leaves_nothing_in_flight) {
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    EXPECT_GT(tally_.latency_ticks.count(), 0u);
    EXPECT_GE(tally_.issued, tally_.latency_ticks.count() + kDepth);
    EXPECT_EQ(tally_.failed, 0u);
    EXPECT_EQ(tally_.still_flying, 0u);
    EXPECT_FALSE(tally_.stopped);
    EXPECT_EQ(tally_.ring_errno, 0);
}

TEST_F(IoLoop, keeps_books_that_obey_littles_law) {
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    ASSERT_TRUE(tally_.little_residual);
    EXPECT_LT(*tally_.little_residual, 0.02);
}

TEST_F(IoLoop, says_which_block_each_slot_holds) {
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    ASSERT_EQ(tally_.contents.size(), kDepth);
    std::set<std::uint32_t> slots;
    for (const SlotContent& content : tally_.contents) {
        slots.insert(content.slot);
        const auto block = std::span(arena_).subspan(content.slot * kBlock, kBlock);
        EXPECT_EQ(first_wrong_sector(block, content.offset, kSeed), std::nullopt);
    }
    EXPECT_EQ(slots.size(), kDepth);
}

TEST_F(IoLoop, counts_short_reads_as_failures_and_never_as_latency) {
    ASSERT_EQ(ftruncate(file_.number(), 100), 0);
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    EXPECT_GT(tally_.issued, 0u);
    EXPECT_EQ(tally_.failed, tally_.issued);
    EXPECT_EQ(tally_.short_transfers, tally_.issued);
    EXPECT_EQ(tally_.first_errno, 0);
    EXPECT_EQ(tally_.latency_ticks.count(), 0u);
    EXPECT_TRUE(tally_.contents.empty());
}

TEST_F(IoLoop, counts_errors_and_keeps_the_first_errno) {
    const Fd write_only(open("/dev/null", O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(write_only.is_open());
    Ring ring = ring_reading(write_only.number());
    run_ring_loop(ring, clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    EXPECT_GT(tally_.issued, 0u);
    EXPECT_EQ(tally_.failed, tally_.issued);
    EXPECT_EQ(tally_.first_errno, EBADF);
}

TEST_F(IoLoop, gives_a_device_up_that_hangs) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd empty_pipe(ends[0]);
    const Fd writer(ends[1]);
    Ring ring = ring_reading(empty_pipe.number());
    LoopPlan plan = plan_of(200 * kNanosecondsPerMillisecond);
    plan.give_up_ticks = plan.end_ticks;
    run_ring_loop(ring, clock_, plan, tally_);
    EXPECT_EQ(tally_.still_flying, kDepth);
    EXPECT_EQ(tally_.latency_ticks.count(), 0u);
}

TEST_F(IoLoop, leaves_when_it_is_told_to_stop) {
    std::stop_source stop;
    stop.request_stop();
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(60 * kNanosecondsPerSecond);
    plan.stop = stop.get_token();
    run_ring_loop(ring, clock_, plan, tally_);
    EXPECT_TRUE(tally_.stopped);
    EXPECT_EQ(tally_.still_flying, 0u);
    EXPECT_FALSE(tally_.little_residual);
}

TEST_F(IoLoop, never_has_more_in_flight_than_the_depth_when_batches_are_smaller) {
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(200 * kNanosecondsPerMillisecond);
    plan.batch = 3;
    plan.wait_for = 3;
    run_ring_loop(ring, clock_, plan, tally_);
    ASSERT_TRUE(tally_.little_residual);
    EXPECT_LT(*tally_.little_residual, 0.02);
    EXPECT_EQ(tally_.contents.size(), kDepth);
}

TEST_F(IoLoop, says_when_it_began_after_its_window_and_its_books_still_agree) {
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(200 * kNanosecondsPerMillisecond);
    EXPECT_FALSE(tally_.began_late);
    // As if the thread had waited 20 ms for its CPU.
    plan.begin_ticks -= clock_.ticks_of_ns(21 * kNanosecondsPerMillisecond);
    run_ring_loop(ring, clock_, plan, tally_);
    EXPECT_TRUE(tally_.began_late);
    ASSERT_TRUE(tally_.little_residual);
    EXPECT_LT(*tally_.little_residual, 0.02);
}

TEST_F(IoLoop, with_blocking_calls_counts_and_checks_the_same_way) {
    run_sync_loop(file_.number(), arena_.data(), clock_, plan_of(200 * kNanosecondsPerMillisecond),
                  tally_);
    EXPECT_GT(tally_.latency_ticks.count(), 0u);
    EXPECT_EQ(tally_.failed, 0u);
    ASSERT_EQ(tally_.contents.size(), 1u);
    const auto block = std::span(arena_).first(kBlock);
    EXPECT_EQ(first_wrong_sector(block, tally_.contents[0].offset, kSeed), std::nullopt);
}

TEST_F(IoLoop, with_blocking_calls_counts_errors) {
    const Fd write_only(open("/dev/null", O_WRONLY | O_CLOEXEC));
    run_sync_loop(write_only.number(), arena_.data(), clock_,
                  plan_of(200 * kNanosecondsPerMillisecond), tally_);
    EXPECT_GT(tally_.issued, 0u);
    EXPECT_EQ(tally_.failed, tally_.issued);
    EXPECT_EQ(tally_.first_errno, EBADF);
}

}  // namespace
}  // namespace assay::storage
