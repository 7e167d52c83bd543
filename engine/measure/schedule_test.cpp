#include "engine/measure/schedule.h"

#include <gtest/gtest.h>

#include <set>

namespace assay::measure {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<CaseIndex> drain(Schedule& schedule) {
    std::vector<CaseIndex> order;
    while (const auto round = schedule.next())
        order.push_back(*round);
    return order;
}

const std::vector<CaseIndex> kCases{{0, 0}, {0, 1}, {1, 0}, {2, 0}, {2, 1}};

TEST(Schedule, each_pass_takes_every_case_once_in_an_order_of_its_own) {
    Schedule schedule(kCases, 7, 42);
    const auto order = drain(schedule);
    ASSERT_EQ(order.size(), 35u);
    std::set<std::vector<std::size_t>> orders;
    for (std::size_t pass = 0; pass < 7; ++pass) {
        std::set<std::pair<std::size_t, std::size_t>> seen;
        std::vector<std::size_t> as_numbers;
        for (std::size_t index = pass * 5; index < pass * 5 + 5; ++index) {
            seen.insert({order[index].workload, order[index].case_index});
            as_numbers.push_back(order[index].workload * 10 + order[index].case_index);
        }
        EXPECT_EQ(seen.size(), 5u);
        orders.insert(as_numbers);
    }
    EXPECT_GT(orders.size(), 3u);  // 7 of 120 orders all alike would be no shuffle
}

TEST(Schedule, the_same_seed_gives_the_same_order_and_another_seed_another) {
    Schedule one(kCases, 5, 1), same(kCases, 5, 1), other(kCases, 5, 2);
    const auto order = drain(one);
    EXPECT_EQ(order, drain(same));
    EXPECT_NE(order, drain(other));
}

TEST(Schedule, repeats_come_last_and_are_at_most_a_quarter_of_the_plan) {
    Schedule schedule(kCases, 8, 1);  // 40 planned
    for (int repeat = 0; repeat < 5; ++repeat) {
        EXPECT_TRUE(schedule.repeat({1, 0}));
        EXPECT_TRUE(schedule.repeat({2, 1}));
    }
    EXPECT_FALSE(schedule.repeat({0, 0}));
    const auto order = drain(schedule);
    ASSERT_EQ(order.size(), 50u);
    for (std::size_t index = 40; index < 50; ++index)
        EXPECT_EQ(order[index], (index % 2 == 0 ? CaseIndex{1, 0} : CaseIndex{2, 1}));
    EXPECT_EQ(schedule.planned(), 40u);
}

TEST(Schedule, repeats_no_case_more_often_than_it_was_planned) {
    Schedule schedule(kCases, 4, 1);  // 20 planned, so 5 repeats
    for (int repeat = 0; repeat < 4; ++repeat)
        EXPECT_TRUE(schedule.repeat({1, 0}));
    EXPECT_FALSE(schedule.repeat({1, 0}));
    EXPECT_TRUE(schedule.repeat({2, 0})) << "what is left is for the others";
    EXPECT_FALSE(schedule.repeat({2, 0}));
}

TEST(Schedule, drops_all_rounds_of_a_failed_workload_and_no_others) {
    Schedule schedule(kCases, 3, 1);
    schedule.drop(2);
    const auto order = drain(schedule);
    EXPECT_EQ(order.size(), 9u);
    for (const CaseIndex& round : order)
        EXPECT_NE(round.workload, 2u);
}

TEST(Schedule, a_case_that_lasts_has_its_few_rounds_spread_over_the_passes) {
    const CaseIndex soak{2, 1};
    Schedule schedule(kCases, 15, 3, {{soak, 3}});
    EXPECT_EQ(schedule.planned(), 4 * 15 + 3u);
    EXPECT_EQ(schedule.remaining_of(soak), 3u);
    EXPECT_EQ(schedule.remaining_of({0, 0}), 15u);
    // How many rounds of another case came before each of its own: the passes 2, 7 and 12.
    std::vector<std::size_t> passes;
    std::size_t others = 0;
    for (const CaseIndex& round : drain(schedule))
        if (round == soak)
            passes.push_back(others / 4);
        else
            ++others;
    EXPECT_EQ(passes, (std::vector<std::size_t>{2, 7, 12}));
    Schedule few(kCases, 2, 3, {{soak, 2}});
    EXPECT_EQ(few.remaining_of(soak), 2u) << "as often as the others where that is as few";
    EXPECT_EQ(few.planned(), 10u);
}

TEST(Schedule, derive_seed_is_splitmix64) {
    // First outputs of the reference implementation for seed 1234567 (Vigna, splitmix64.c; quoted
    // by Rosetta Code).
    EXPECT_EQ(derive_seed(1234567, 0), 6457827717110365317u);
    EXPECT_EQ(derive_seed(1234567, 1), 3203168211198807973u);
    EXPECT_EQ(derive_seed(1234567, 2), 9817491932198370423u);
}

TEST(RoundDuration, splits_what_is_left_over_the_rounds_and_a_quarter_more) {
    // 100 s for 80 rounds and 20 repeats: 1 s each, 0.2 s of it beside the work.
    EXPECT_EQ(round_duration({seconds(100), 80, {}, seconds(5), milliseconds(200)}),
              milliseconds(800));
    EXPECT_EQ(round_duration({seconds(100), 80, {}, milliseconds(500), milliseconds(200)}),
              milliseconds(500));
    EXPECT_EQ(round_duration({seconds(1), 80, {}, seconds(5), milliseconds(200)}),
              milliseconds(50));
    EXPECT_EQ(round_duration({seconds(100), 0, {}, seconds(5), milliseconds(200)}), seconds(5));
}

TEST(RoundDuration, short_rounds_leave_their_time_to_full_ones) {
    // 80 s of work besides 16 s of overhead; 40 full rounds and 40 of a fifth share the other 64.
    EXPECT_EQ(round_duration({seconds(100), 80, 48.0, seconds(5), milliseconds(200)}),
              std::chrono::nanoseconds(1'333'333'333));
}

TEST(RoundDuration, rounds_with_a_length_of_their_own_leave_the_rest_to_the_others) {
    // 80 s of work besides 16 s of overhead; 30 rounds need 40 s, the other 50 share 24 s.
    EXPECT_EQ(round_duration({seconds(100), 80, 50.0, seconds(5), milliseconds(200), seconds(40)}),
              milliseconds(480));
    EXPECT_EQ(round_duration({seconds(100), 80, 50.0, seconds(5), milliseconds(200), seconds(70)}),
              milliseconds(50))
        << "nothing is left";
    EXPECT_EQ(round_duration({seconds(100), 80, 0.0, seconds(5), milliseconds(200), seconds(40)}),
              seconds(5))
        << "there are no others";
}

}  // namespace
}  // namespace assay::measure
