#include "probes/storage/io_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/units.h"
#include "probes/storage/closed_loop.h"
#include "probes/storage/fd.h"
#include "probes/storage/payload.h"
#include "probes/storage/ring.h"

namespace assay::storage {
namespace {

constexpr std::uint32_t kBlock = 4096;
constexpr unsigned kDepth = 8;
constexpr unsigned kBlocks = 64;

class IoLoop : public testing::Test {
  protected:
    void SetUp() override {
        const auto ring = Ring::create({});
        if (!ring)
            GTEST_SKIP() << "no io_uring: " << ring.error().message;
        file_ = Fd(memfd_create("io_loop_test", MFD_CLOEXEC));
        std::vector<std::byte> data(kBlocks * kBlock);
        payload_.fill(data, 0, 1);
        payload_.fill(writes(), 0, 0);
        ASSERT_EQ(pwrite(file_.number(), data.data(), data.size(), 0),
                  static_cast<ssize_t>(data.size()));
    }

    Ring ring_reading(int file) {
        RingSettings settings;
        settings.depth = kDepth;
        settings.file = file;
        settings.arena = arena_;
        Ring ring = std::move(*Ring::create(settings));
        ring.prepare_transfers(kBlock, kDepth * kBlock);
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

    std::span<std::byte> writes() { return std::span(arena_).subspan(kDepth * kBlock); }

    const host::Clock clock_{host::Files{}};
    const Payload payload_{5};
    Fd file_;
    std::vector<std::byte> arena_ = std::vector<std::byte>(2 * kDepth * kBlock);
    LoopTally tally_;
};

TEST_F(IoLoop, counts_whole_reads_and_leaves_nothing_in_flight) {
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, writes(), clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    EXPECT_GT(tally_.counted(), 0u);
    EXPECT_GE(tally_.issued, tally_.counted() + kDepth);
    EXPECT_EQ(tally_.failed, 0u);
    EXPECT_EQ(tally_.still_flying, 0u);
    EXPECT_FALSE(tally_.stopped);
    EXPECT_EQ(tally_.ring_errno, 0);
}

TEST_F(IoLoop, keeps_books_that_obey_littles_law) {
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, writes(), clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    ASSERT_TRUE(tally_.little_residual);
    EXPECT_LT(*tally_.little_residual, 0.02);
}

TEST_F(IoLoop, says_which_block_each_slot_holds) {
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, writes(), clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    ASSERT_EQ(tally_.contents.size(), kDepth);
    std::set<std::uint32_t> slots;
    for (const SlotContent& content : tally_.contents) {
        slots.insert(content.slot);
        const auto block = std::span(arena_).subspan(content.slot * kBlock, kBlock);
        EXPECT_EQ(payload_.first_wrong_sector(block, content.offset), std::nullopt);
    }
    EXPECT_EQ(slots.size(), kDepth);
}

TEST_F(IoLoop, counts_short_reads_as_failures_and_never_as_latency) {
    ASSERT_EQ(ftruncate(file_.number(), 100), 0);
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, writes(), clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    EXPECT_GT(tally_.issued, 0u);
    EXPECT_EQ(tally_.failed, tally_.issued);
    EXPECT_EQ(tally_.short_transfers, tally_.issued);
    EXPECT_EQ(tally_.first_errno, 0);
    EXPECT_EQ(tally_.counted(), 0u);
    EXPECT_TRUE(tally_.contents.empty());
}

TEST_F(IoLoop, counts_errors_and_keeps_the_first_errno) {
    const Fd write_only(open("/dev/null", O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(write_only.is_open());
    Ring ring = ring_reading(write_only.number());
    run_ring_loop(ring, writes(), clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
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
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    EXPECT_EQ(tally_.still_flying, kDepth);
    EXPECT_EQ(tally_.counted(), 0u);
}

TEST_F(IoLoop, leaves_when_it_is_told_to_stop) {
    std::stop_source stop;
    stop.request_stop();
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(60 * kNanosecondsPerSecond);
    plan.stop = stop.get_token();
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    EXPECT_TRUE(tally_.stopped);
    EXPECT_EQ(tally_.still_flying, 0u);
    EXPECT_FALSE(tally_.little_residual);
}

TEST_F(IoLoop, never_has_more_in_flight_than_the_depth_when_batches_are_smaller) {
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(200 * kNanosecondsPerMillisecond);
    plan.batch = 3;
    plan.wait_for = 3;
    run_ring_loop(ring, writes(), clock_, plan, tally_);
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
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    EXPECT_TRUE(tally_.began_late);
    ASSERT_TRUE(tally_.little_residual);
    EXPECT_LT(*tally_.little_residual, 0.02);
}

TEST_F(IoLoop, with_blocking_calls_counts_and_checks_the_same_way) {
    run_sync_loop(file_.number(), std::span(arena_).first(kBlock), writes(), clock_,
                  plan_of(200 * kNanosecondsPerMillisecond), tally_);
    EXPECT_GT(tally_.counted(), 0u);
    EXPECT_EQ(tally_.failed, 0u);
    ASSERT_EQ(tally_.contents.size(), 1u);
    const auto block = std::span(arena_).first(kBlock);
    EXPECT_EQ(payload_.first_wrong_sector(block, tally_.contents[0].offset), std::nullopt);
}

TEST_F(IoLoop, with_blocking_calls_counts_errors) {
    const Fd write_only(open("/dev/null", O_WRONLY | O_CLOEXEC));
    run_sync_loop(write_only.number(), std::span(arena_).first(kBlock), writes(), clock_,
                  plan_of(200 * kNanosecondsPerMillisecond), tally_);
    EXPECT_GT(tally_.issued, 0u);
    EXPECT_EQ(tally_.failed, tally_.issued);
    EXPECT_EQ(tally_.first_errno, EBADF);
}

TEST_F(IoLoop, mixes_reads_and_writes_as_asked) {
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(200 * kNanosecondsPerMillisecond);
    plan.read_ratio = 0.7;
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    EXPECT_EQ(tally_.failed, 0u);
    const auto issued = static_cast<double>(tally_.issued);
    ASSERT_GT(issued, 1000);
    // Five standard deviations of a fair draw.
    EXPECT_NEAR(static_cast<double>(tally_.issued_writes) / issued, 0.3,
                5 * std::sqrt(0.3 * 0.7 / issued));
    EXPECT_GT(tally_.service_ticks[0].count(), tally_.service_ticks[1].count());
    std::vector<std::byte> block(kBlock);
    for (std::uint64_t number = 0; number < kBlocks; ++number) {
        ASSERT_EQ(pread(file_.number(), block.data(), kBlock, static_cast<off_t>(number * kBlock)),
                  static_cast<ssize_t>(kBlock));
        EXPECT_EQ(payload_.first_wrong_sector(block, number * kBlock), std::nullopt);
    }
}

TEST_F(IoLoop, goes_through_the_blocks_in_order_and_around) {
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(5 * kNanosecondsPerMillisecond);
    plan.order = AccessOrder::sequential;
    plan.start_block = kBlocks - 2;
    plan.depth = 4;
    plan.most_writes = 4;  // the ramp's, then it leaves
    plan.read_ratio = 0;
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    EXPECT_TRUE(tally_.hit_write_limit);
    std::set<std::uint64_t> offsets;
    for (const SlotContent& content : tally_.contents)
        offsets.insert(content.offset / kBlock);
    EXPECT_EQ(offsets, (std::set<std::uint64_t>{0, 1, kBlocks - 2, kBlocks - 1}));
}

TEST_F(IoLoop, keeps_account_of_the_last_write_to_each_block) {
    Ring ring = ring_reading(file_.number());
    std::vector<std::uint64_t> ledger(kBlocks, 0);
    LoopPlan plan = plan_of(50 * kNanosecondsPerMillisecond);
    plan.read_ratio = 0.5;
    plan.ledger = &ledger;
    plan.seals = true;
    plan.first_sequence = 1000;
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    std::vector<std::byte> block(kBlock);
    for (std::uint64_t number = 0; number < kBlocks; ++number) {
        EXPECT_GE(ledger[number], 1000u) << "50 ms are enough for each of 64 blocks";
        ASSERT_EQ(pread(file_.number(), block.data(), kBlock, static_cast<off_t>(number * kBlock)),
                  static_cast<ssize_t>(kBlock));
        EXPECT_TRUE(payload_.first_wrong_sector(block, number * kBlock, ledger[number] + 1));
        EXPECT_EQ(payload_.first_wrong_sector(block, number * kBlock, ledger[number]),
                  std::nullopt);
    }
}

TEST_F(IoLoop, in_slices_finds_the_same_operations_again) {
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(200 * kNanosecondsPerMillisecond);
    plan.slice_ticks = clock_.ticks_of_ns(20 * kNanosecondsPerMillisecond);
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    ASSERT_EQ(tally_.slices.size(), 10u);
    Histogram together;
    for (const Histogram& slice : tally_.slices) {
        EXPECT_GT(slice.count(), 0u);
        together.merge(slice);
    }
    // The window is a few ticks longer than its whole slices.
    EXPECT_LE(tally_.counted() - together.count(), kDepth);
    ASSERT_TRUE(tally_.little_residual);
    EXPECT_LT(*tally_.little_residual, 0.02) << "in the worst of the slices";
}

/// Answers at once. Once the thread loses its CPU between two reaps, as under a hypervisor.
class PausingQueue {
  public:
    PausingQueue(const host::Clock& clock, std::uint64_t pause_at, std::chrono::milliseconds pause)
        : clock_(clock), pause_at_(pause_at), pause_(pause) {}

    void stage(std::uint32_t slot, std::uint64_t, Direction) {
        staged_.push_back(slot);
        if (clock_.ticks() >= pause_at_) {
            std::this_thread::sleep_for(std::exchange(pause_, {}));
            pause_at_ = ~std::uint64_t{0};
        }
    }
    std::uint32_t staged() const { return static_cast<std::uint32_t>(staged_.size()); }
    std::uint32_t staged_slot(std::uint32_t index) const { return staged_[index]; }
    int submit_and_wait(unsigned, std::int64_t) {
        ready_.insert(ready_.end(), staged_.begin(), staged_.end());
        staged_.clear();
        return 0;
    }
    unsigned ready() const { return static_cast<unsigned>(ready_.size()); }
    template <class Handle>
    void reap(unsigned, Handle&& handle) {
        for (const std::uint32_t slot : std::exchange(ready_, {}))
            handle(slot, std::int32_t{kBlock});
    }

  private:
    const host::Clock& clock_;
    std::uint64_t pause_at_;
    std::chrono::milliseconds pause_;
    std::vector<std::uint32_t> staged_, ready_;
};

// Over the end of the second slice, and of the window.
TEST_F(IoLoop, books_hold_where_the_thread_loses_its_cpu) {
    for (const std::int64_t pause_at_ms : {35, 95}) {
        tally_ = {};
        LoopPlan plan = plan_of(100 * kNanosecondsPerMillisecond);
        plan.slice_ticks = clock_.ticks_of_ns(20 * kNanosecondsPerMillisecond);
        PausingQueue queue(
            clock_, plan.begin_ticks + clock_.ticks_of_ns(pause_at_ms * kNanosecondsPerMillisecond),
            std::chrono::milliseconds(15));
        ClosedLoop<PausingQueue>(queue, writes(), clock_, plan, tally_).run();
        ASSERT_TRUE(tally_.little_residual);
        EXPECT_LT(*tally_.little_residual, 0.02) << "paused at " << pause_at_ms << " ms";
        EXPECT_EQ(tally_.slices.size(), 5u);
    }
}

/// Gives back as many operations as the caller waits for, and none to one that only looks.
class SleepersQueue {
  public:
    explicit SleepersQueue(std::int32_t result) : result_(result) {}

    void stage(std::uint32_t slot, std::uint64_t, Direction) { staged_.push_back(slot); }
    std::uint32_t staged() const { return static_cast<std::uint32_t>(staged_.size()); }
    std::uint32_t staged_slot(std::uint32_t index) const { return staged_[index]; }
    int submit_and_wait(unsigned wait_for, std::int64_t) {
        flying_.insert(flying_.end(), staged_.begin(), staged_.end());
        staged_.clear();
        for (unsigned back = ready(); back < wait_for && !flying_.empty(); ++back) {
            ready_.push_back(flying_.front());
            flying_.pop_front();
        }
        ++calls_[wait_for];
        return 0;
    }
    unsigned ready() const { return static_cast<unsigned>(ready_.size()); }
    template <class Handle>
    void reap(unsigned most, Handle&& handle) {
        for (unsigned count = 0; count < most && !ready_.empty(); ++count) {
            const std::uint32_t slot = ready_.front();
            ready_.pop_front();
            handle(slot, result_);
        }
    }
    /// How often it was called by the number of operations that the caller waited for.
    const std::map<unsigned, std::uint64_t>& calls() const { return calls_; }

  private:
    const std::int32_t result_;
    std::deque<std::uint32_t> staged_, flying_, ready_;
    std::map<unsigned, std::uint64_t> calls_;
};

TEST_F(IoLoop, that_waits_for_several_sleeps_once_for_them_and_never_only_looks) {
    LoopPlan plan = plan_of(20 * kNanosecondsPerMillisecond);
    plan.depth = 32;
    plan.batch = plan.wait_for = 8;
    SleepersQueue queue(kBlock);
    ClosedLoop<SleepersQueue>(queue, writes(), clock_, plan, tally_).run();
    EXPECT_EQ(queue.calls().at(1) + 8 * queue.calls().at(8), tally_.issued)
        << "eight for each sleep, then the drain's, one by one";
    EXPECT_EQ(tally_.looking_ns, 0);
    EXPECT_LT(*tally_.little_residual, 0.02);
}

TEST_F(IoLoop, keeps_the_slowest_operations_slowest_first) {
    Ring ring = ring_reading(file_.number());
    run_ring_loop(ring, writes(), clock_, plan_of(200 * kNanosecondsPerMillisecond), tally_);
    ASSERT_EQ(tally_.slowest.size(), kSlowestKept);
    EXPECT_EQ(tally_.slowest.front().latency_ticks, tally_.service_ticks[0].max());
    for (std::size_t index = 1; index < kSlowestKept; ++index)
        EXPECT_GE(tally_.slowest[index - 1].latency_ticks, tally_.slowest[index].latency_ticks);
    EXPECT_GE(static_cast<double>(tally_.slowest.back().latency_ticks),
              *tally_.service_ticks[0].quantile(0.5));
}

TEST_F(IoLoop, at_a_set_rate_issues_what_was_due_and_no_more) {
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(500 * kNanosecondsPerMillisecond);
    plan.interval_ticks =
        static_cast<double>(clock_.ticks_of_ns(kNanosecondsPerSecond)) / 2000;  // 2 000 a second
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    // What came due while this thread had no CPU, and no slot was free at the window's end, is
    // told.
    EXPECT_NEAR(static_cast<double>(tally_.issued + tally_.never_issued), 1000, 1);
    EXPECT_GT(tally_.issued, 0u);
    EXPECT_EQ(tally_.response_ticks.count(), tally_.issued);
    EXPECT_GE(*tally_.response_ticks.mean(), *tally_.service_ticks[0].mean());
    EXPECT_EQ(tally_.still_flying, 0u);
}

// No-operations are as fast as a device can be, so this is the schedule alone.
TEST_F(IoLoop, keeps_the_schedule_at_the_highest_rates) {
    for (const double rate : {100.0, 200'000.0, 500'000.0}) {
        std::vector<double> offered, late_ns;
        for (int round = 0; round < 3; ++round) {
            RingSettings settings;
            settings.depth = 1024;
            Ring ring = std::move(*Ring::create(settings));
            tally_ = {};
            LoopPlan plan = plan_of(500 * kNanosecondsPerMillisecond);
            plan.depth = settings.depth;
            plan.batch = 32;
            plan.expected_result = 0;
            plan.interval_ticks =
                static_cast<double>(clock_.ticks_of_ns(kNanosecondsPerSecond)) / rate;
            run_ring_loop(ring, {}, clock_, plan, tally_);
            offered.push_back(static_cast<double>(tally_.issued) / 0.5);
            late_ns.push_back(*tally_.response_ticks.quantile(0.5) * clock_.ns_per_tick());
        }
        // The least disturbed of three: more than what was due is never issued.
        EXPECT_NEAR(std::ranges::max(offered), rate, rate * 0.001);
        EXPECT_LT(std::ranges::min(late_ns), 20'000) << rate << " a second";
    }
}

TEST_F(IoLoop, at_a_rate_that_nothing_can_keep_says_what_never_started) {
    Ring ring = ring_reading(file_.number());
    LoopPlan plan = plan_of(50 * kNanosecondsPerMillisecond);
    plan.interval_ticks = static_cast<double>(clock_.ticks_of_ns(1)) / 1;  // 10^9 a second
    if (plan.interval_ticks < 1)
        plan.interval_ticks = 1;
    run_ring_loop(ring, writes(), clock_, plan, tally_);
    EXPECT_GT(tally_.never_issued, tally_.issued);
    EXPECT_GT(tally_.most_backlog, kDepth);
}

}  // namespace
}  // namespace assay::storage
