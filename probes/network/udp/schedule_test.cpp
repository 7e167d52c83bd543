#include "probes/network/udp/schedule.h"

#include <gtest/gtest.h>

namespace assay::network::udp {
namespace {

TEST(Schedule, slow_datagrams_leave_one_by_one_when_they_are_due) {
    Schedule schedule(1000, 64);
    EXPECT_EQ(schedule.burst(), 1u);
    EXPECT_EQ(schedule.due(0, 0), 1u);
    EXPECT_EQ(schedule.due(999'999, 1), 0u);
    EXPECT_EQ(schedule.due(1'000'000, 1), 1u);
    EXPECT_EQ(schedule.due_ns(5), 5e6);
}

TEST(Schedule, fast_ones_leave_in_bursts_of_a_tenth_of_a_millisecond) {
    Schedule schedule(100'000, 64);
    EXPECT_EQ(schedule.burst(), 10u);
    EXPECT_EQ(schedule.due(0, 0), 10u);
    EXPECT_EQ(schedule.due(99'000, 10), 0u);
    EXPECT_EQ(schedule.due(100'000, 10), 10u);
}

TEST(Schedule, a_short_delay_is_made_up_for_and_never_beyond_one_call) {
    Schedule schedule(100'000, 64);
    EXPECT_EQ(schedule.due(400'000, 10), 31u)
        << "number 10 is 300 us late, so 11 to 40 are due too";
    EXPECT_EQ(schedule.due(1'000'000, 10), 64u);
    EXPECT_EQ(schedule.behind_ns(), 0.0);
}

TEST(Schedule, a_long_delay_is_given_up_and_named) {
    Schedule schedule(1000, 64);
    EXPECT_EQ(schedule.due(12'000'000, 2), 11u) << "10 ms late: 2 to 12 are due";
    EXPECT_EQ(schedule.behind_ns(), 0.0);
    EXPECT_EQ(schedule.due(22'000'000, 2), 1u);
    EXPECT_EQ(schedule.behind_ns(), 20e6);
    EXPECT_EQ(schedule.due(22'000'001, 3), 0u);
    EXPECT_EQ(schedule.due_ns(3), 23e6) << "goes on a millisecond later, not in a burst";
}

TEST(Schedule, without_a_rate_everything_is_due) {
    Schedule schedule(0, 46);
    EXPECT_EQ(schedule.due(0, 0), 46u);
    EXPECT_EQ(schedule.due(1, 1'000'000), 46u);
}

}  // namespace
}  // namespace assay::network::udp
