#include "probes/storage/round_facts.h"

#include <gtest/gtest.h>

namespace assay::storage {
namespace {

/// A thread's share of a round of ten slices whose window ended after `slices` of them.
LoopTally tally_of(const RoundTimes& times, std::uint64_t operations, std::uint64_t slices) {
    LoopTally tally;
    tally.end_ticks = times.begin_ticks + slices * times.slice_ticks;
    tally.hit_write_limit = slices < 10;
    tally.slices.resize(10);
    for (std::uint64_t number = 0; number < operations; ++number) {
        tally.service_ticks[1].record(100);
        tally.slices[number * slices / operations].record(100);
    }
    return tally;
}

class RoundFactsOfWrites : public testing::Test {
  protected:
    RoundFacts facts_of_threads(const LoopTally& first, const LoopTally& second) const {
        const std::array tallies{&first, &second};
        return facts_of(kRandomWriteStyle, {4096, 1, Batching::latency, 0, 1}, tallies, times_,
                        clock_, "/data", std::nullopt, std::nullopt, std::nullopt);
    }
    const host::Clock clock_{host::Files{}};
    const std::uint64_t slice_ = clock_.ticks_of_ns(100'000'000);
    const RoundTimes times_{1000, 1000 + 10 * slice_, 1000 + 20 * slice_, slice_, {}};
};

TEST_F(RoundFactsOfWrites, count_each_thread_over_its_own_time) {
    // The clock is calibrated anew while we run, hence a tolerance of a thousandth.
    // 1 000 in 1 s and 200 in 0.2 s: 1 000 a second each, whoever reached its limit first.
    const RoundFacts facts = facts_of_threads(tally_of(times_, 1000, 10), tally_of(times_, 200, 2));
    EXPECT_NEAR(facts.operations_per_s, 2000, 2);
    EXPECT_NEAR(facts.window_s, 0.2, 2e-4);
}

// 1 000 operations came due in 1 s, and the device was through with them 1 s later: it does 500 a
// second, not 1 000. The operation that was under way at the end of a rate that was kept is no such
// delay.
TEST_F(RoundFactsOfWrites, count_what_came_back_late_over_the_time_that_it_took) {
    LoopTally late = tally_of(times_, 1000, 10);
    late.last_done_ticks = times_.end_ticks + 10 * slice_;
    EXPECT_NEAR(facts_of_threads(late, tally_of(times_, 0, 10)).operations_per_s, 500, 1);
    LoopTally kept = tally_of(times_, 1000, 10);
    kept.last_done_ticks = times_.end_ticks + 100;
    EXPECT_NEAR(facts_of_threads(kept, tally_of(times_, 0, 10)).operations_per_s, 1000, 1);
}

TEST_F(RoundFactsOfWrites, have_no_empty_slices_where_the_write_limit_ended_them) {
    const RoundFacts facts = facts_of_threads(tally_of(times_, 300, 3), tally_of(times_, 400, 4));
    ASSERT_EQ(facts.tally.slices.size(), 3u);
    for (const Histogram& slice : facts.tally.slices)
        EXPECT_EQ(slice.count(), 200u);
    EXPECT_EQ(
        facts_of_threads(tally_of(times_, 10, 10), tally_of(times_, 10, 10)).tally.slices.size(),
        10u);
}

}  // namespace
}  // namespace assay::storage
