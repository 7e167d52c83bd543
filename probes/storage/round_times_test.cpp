#include "probes/storage/round_times.h"

#include <gtest/gtest.h>

namespace assay::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(RoundFor, a_slow_device_is_its_queue_and_100_operations_long) {
    EXPECT_EQ(ramp_for(100, 32), milliseconds(320));
    EXPECT_EQ(round_for(100, 32), milliseconds(1320 + 100));
    EXPECT_EQ(round_for(300, 5), milliseconds(350 + 100));
    EXPECT_EQ(round_for(100, 32, kLeastOperationsOfARound), milliseconds(820 + 100));
}

TEST(RoundFor, a_fast_device_is_three_slices_of_a_limiter_long) {
    EXPECT_EQ(round_for(1000, 1), milliseconds(350));
    EXPECT_EQ(round_for(1'000'000, 128), milliseconds(350));
}

TEST(RoundFor, a_device_that_answered_nothing_is_as_long_as_a_run_allows) {
    EXPECT_GT(round_for(0, 1), std::chrono::hours(1));
    EXPECT_LT(round_for(0, 1'000'000), nanoseconds::max());
}

class RoundTimesTest : public testing::Test {
  protected:
    struct Lengths {
        double ramp_ms, window_ms;
    };
    Lengths lengths(nanoseconds duration, nanoseconds least_ramp) {
        RoundRequest request;
        request.duration = duration;
        const std::uint64_t before = clock_.ticks();
        const RoundTimes times = round_times(clock_, request, least_ramp);
        const double ms_per_tick = clock_.ns_per_tick() / 1e6;
        return {static_cast<double>(times.begin_ticks - before) * ms_per_tick,
                static_cast<double>(times.end_ticks - times.begin_ticks) * ms_per_tick};
    }
    const host::Clock clock_{host::Files{}};
};

TEST_F(RoundTimesTest, a_window_is_whole_slices_of_a_limiter_after_half_a_one) {
    const Lengths usual = lengths(milliseconds(1000), {});
    EXPECT_NEAR(usual.ramp_ms, 50, 5);
    EXPECT_NEAR(usual.window_ms, 900, 0.1);
}

TEST_F(RoundTimesTest, the_least_round_has_three_whole_slices) {
    const Lengths least = lengths(milliseconds(350), {});
    EXPECT_NEAR(least.ramp_ms, 50, 5);
    EXPECT_NEAR(least.window_ms, 300, 0.1);
}

TEST_F(RoundTimesTest, a_round_of_the_smoke_profile_has_two_whole_slices) {
    const Lengths smoke = lengths(milliseconds(250), {});
    EXPECT_NEAR(smoke.ramp_ms, 50, 5);
    EXPECT_NEAR(smoke.window_ms, 200, 0.1);
}

TEST_F(RoundTimesTest, the_ramp_fills_a_slow_queue_and_leaves_half_of_the_round) {
    const Lengths slow = lengths(milliseconds(1060), milliseconds(320));
    EXPECT_NEAR(slow.ramp_ms, 350, 5);
    EXPECT_NEAR(slow.window_ms, 700, 0.1);
    const Lengths slower = lengths(milliseconds(1000), milliseconds(5000));
    EXPECT_NEAR(slower.ramp_ms, 550, 5);
    EXPECT_NEAR(slower.window_ms, 400, 0.1);
    const Lengths quick = lengths(milliseconds(1000), milliseconds(1));
    EXPECT_NEAR(quick.ramp_ms, 50, 5);
}

}  // namespace
}  // namespace assay::storage
