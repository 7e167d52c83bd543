#include "probes/storage/steady_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/random.h"

namespace assay::storage {
namespace {

using testing::HasSubstr;
using Trace = std::vector<double>;

std::string finding_of(const Trace& trace) {
    const auto finding = judge_steadiness(trace, "write iops");
    return finding ? finding->id : "";
}

TEST(SteadyState, of_equal_rounds_is_attained_with_the_fifth) {
    const SteadyState state = judge_steady_state(Trace(8, 1000));
    EXPECT_EQ(state.attained_at, 4u);
    EXPECT_EQ(state.left_at, std::nullopt);
    EXPECT_TRUE(state.is_steady);
    EXPECT_EQ(state.range_ratio, 0);
    EXPECT_EQ(state.slope_ratio, 0);
    EXPECT_EQ(state.drift_ratio, 0);
    EXPECT_EQ(finding_of(Trace(5, 1000)), "");
}

TEST(SteadyState, cannot_be_told_from_four_rounds) {
    const SteadyState state = judge_steady_state(Trace(4, 1000));
    EXPECT_EQ(state.attained_at, std::nullopt);
    EXPECT_EQ(state.range_ratio, std::nullopt);
    EXPECT_FALSE(state.is_steady);
    EXPECT_EQ(finding_of(Trace(4, 1000)), "not_steady");
    EXPECT_EQ(finding_of({}), "not_steady");
}

// Mean 100; the line through 100 110 100 90 100 is y = 100 - 2 x, which falls by 8 over the window.
TEST(SteadyState, ratios_are_those_computed_by_hand) {
    const SteadyState state = judge_steady_state(Trace{100, 110, 100, 90, 100});
    EXPECT_DOUBLE_EQ(*state.range_ratio, 0.20);
    EXPECT_DOUBLE_EQ(*state.slope_ratio, 0.08);
    EXPECT_EQ(state.attained_at, 4u);
}

// Symmetric about the middle, so without any slope: the range alone decides.
TEST(SteadyState, range_of_just_over_twenty_percent_is_none) {
    EXPECT_TRUE(judge_steady_state(Trace{110, 90, 100, 90, 110}).is_steady);
    EXPECT_FALSE(judge_steady_state(Trace{110.1, 90, 99.8, 90, 110.1}).is_steady);
}

// A line of slope s rises by 4 s over the window: 2.5 is exactly 10 % of 100.
TEST(SteadyState, trend_of_just_over_ten_percent_is_none) {
    EXPECT_TRUE(judge_steady_state(Trace{95, 97.5, 100, 102.5, 105}).is_steady);
    EXPECT_TRUE(judge_steady_state(Trace{105, 102.5, 100, 97.5, 95}).is_steady);
    EXPECT_FALSE(judge_steady_state(Trace{94.9, 97.4, 100, 102.6, 105.1}).is_steady);
    EXPECT_FALSE(judge_steady_state(Trace{105.1, 102.6, 100, 97.4, 94.9}).is_steady);
}

TEST(SteadyState, of_a_fresh_drive_begins_after_its_fall) {
    const Trace trace{900, 700, 500, 400, 340, 310, 300, 302, 298, 301, 299};
    // 340 310 300 302 298 ends with index 8: range 42 of 310, line down by 36.8 of 310: 11.9 %.
    // 310 300 302 298 301 ends with index 9: range 12 of 302.2, line down by 8 of 302.2.
    const SteadyState state = judge_steady_state(trace);
    EXPECT_EQ(state.attained_at, 9u);
    EXPECT_TRUE(state.is_steady);
    EXPECT_EQ(finding_of(trace), "");
}

TEST(SteadyState, that_is_lost_is_told_with_both_rounds) {
    const Trace trace{1000, 1000, 1000, 1000, 1000, 1000, 500, 500};
    const SteadyState state = judge_steady_state(trace);
    EXPECT_EQ(state.attained_at, 4u);
    EXPECT_EQ(state.left_at, 6u);
    EXPECT_FALSE(state.is_steady);
    const auto finding = judge_steadiness(trace, "write iops");
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "left_steady_state");
    EXPECT_THAT(finding->message, HasSubstr("write iops: steady with round 5, no longer with "
                                            "round 7"));
}

TEST(SteadyState, that_came_back_says_so) {
    Trace trace(10, 1000);
    trace[6] = 700;
    EXPECT_FALSE(judge_steady_state(trace).is_steady) << "the dip lies in the last window";
    trace.insert(trace.end(), {1000, 1000});
    EXPECT_TRUE(judge_steady_state(trace).is_steady);
    ASSERT_TRUE(judge_steadiness(trace, "iops"));
    EXPECT_THAT(judge_steadiness(trace, "iops")->message, HasSubstr("steady again"));
}

// 2 % a round: each window is steady by both limits of the standard.
TEST(SteadyState, does_not_cover_a_slow_drift) {
    Trace trace{1000};
    while (trace.size() < 30)
        trace.push_back(trace.back() * 0.98);
    const SteadyState state = judge_steady_state(trace);
    EXPECT_EQ(state.attained_at, 4u);
    EXPECT_LE(*state.range_ratio, kSteadyRange);
    EXPECT_LE(*state.slope_ratio, kSteadySlope);
    EXPECT_EQ(state.left_at, 10u);  // 0.98^6 = 0.886 of the first mean; 0.98^5 = 0.904
    EXPECT_FALSE(state.is_steady);
    EXPECT_EQ(finding_of(trace), "left_steady_state");
}

TEST(SteadyState, of_rounds_without_work_is_none) {
    EXPECT_FALSE(judge_steady_state(Trace(6, 0)).is_steady);
    EXPECT_EQ(finding_of(Trace(6, 0)), "not_steady");
}

// The operations a second, one value a minute, that a drive showed while another tool called it
// steady (https://github.com/axboe/fio/issues/687).
TEST(SteadyState, is_not_what_a_swing_of_28_percent_ends_in) {
    const Trace trace{79617, 79793, 79661, 79704, 79483, 79454, 79556, 79343, 79049,
                      78776, 78029, 78023, 77554, 77225, 76945, 67886, 65353, 64239,
                      62856, 61628, 60328, 58853, 72292, 79839, 79852, 79879};
    const SteadyState state = judge_steady_state(trace);
    EXPECT_FALSE(state.is_steady);
    EXPECT_EQ(state.attained_at, 4u);
    EXPECT_EQ(state.left_at, 15u);                          // the fall to 67886
    EXPECT_NEAR(*state.range_ratio, 21026 / 74143., 1e-9);  // 79879 - 58853 over their mean
    EXPECT_EQ(finding_of(trace), "left_steady_state");
}

TEST(SteadyState, is_not_what_a_sawtooth_has) {
    Trace trace;
    for (int round = 0; round < 40; ++round)
        trace.push_back(80000 - 3500 * (round % 8));
    EXPECT_EQ(judge_steady_state(trace).attained_at, std::nullopt);
    EXPECT_EQ(finding_of(trace), "not_steady");
}

// The same two criteria in whole numbers, multiplied out: with s the sum of five rounds, (max -
// min)
// <= 20 % of s / 5 is 25 (max - min) <= s, and the line's rise 4 (-2a - b + d + 2e) / 10 <= 10 % of
// s / 5 is 20 |-2a - b + d + 2e| <= s. No division, no rounding.
using Whole = std::int64_t;
struct Reference {
    std::size_t attained = 0, left = 0;  // 0 = never
    bool steady_at_end = false;
};
Reference reference_of(const std::vector<Whole>& y) {
    Reference reference;
    Whole first_sum = 0;
    for (std::size_t end = 5; end <= y.size(); ++end) {
        const Whole a = y[end - 5], b = y[end - 4], c = y[end - 3], d = y[end - 2], e = y[end - 1];
        const Whole sum = a + b + c + d + e;
        const Whole range = std::max({a, b, c, d, e}) - std::min({a, b, c, d, e});
        const Whole rise = -2 * a - b + d + 2 * e;
        bool steady = 25 * range <= sum && 20 * rise <= sum && -20 * rise <= sum;
        if (steady && reference.attained == 0) {
            reference.attained = end;
            first_sum = sum;
        }
        steady =
            steady && 10 * (sum - first_sum) <= first_sum && 10 * (first_sum - sum) <= first_sum;
        if (reference.attained != 0 && !steady && reference.left == 0)
            reference.left = end;
        reference.steady_at_end = steady;
    }
    return reference;
}

// A fall of a random length to a level, noise of a random size, and now and then a late change.
std::vector<Whole> synthetic_trace(Xoshiro256& random) {
    std::vector<Whole> trace;
    const std::size_t rounds = random.below(40);
    const Whole level = 10'000 + static_cast<Whole>(random.below(90'000));
    Whole excess = static_cast<Whole>(random.below(static_cast<std::uint64_t>(2 * level)));
    const std::uint64_t noise = 1 + random.below(static_cast<std::uint64_t>(level) / 4);
    const std::uint64_t changes_at = random.below(60);
    const Whole change =
        static_cast<Whole>(random.below(static_cast<std::uint64_t>(level) / 2)) - level / 4;
    for (std::size_t round = 0; round < rounds; ++round) {
        trace.push_back(level + excess + static_cast<Whole>(random.below(noise)) +
                        (round >= changes_at ? change : 0));
        excess = excess * 6 / 10;
    }
    return trace;
}

TEST(SteadyState, agrees_with_an_independent_reference_on_a_thousand_traces) {
    Xoshiro256 random(20201001);
    int attained = 0, never = 0, left = 0;
    for (int trial = 0; trial < 1000; ++trial) {
        const std::vector<Whole> whole = synthetic_trace(random);
        const Trace trace(whole.begin(), whole.end());
        const Reference expected = reference_of(whole);
        const SteadyState state = judge_steady_state(trace);
        ASSERT_EQ(state.attained_at ? *state.attained_at + 1 : 0, expected.attained) << trial;
        ASSERT_EQ(state.left_at ? *state.left_at + 1 : 0, expected.left) << trial;
        ASSERT_EQ(state.is_steady, expected.steady_at_end) << trial;
        attained += expected.attained != 0;
        left += expected.left != 0;
        never += expected.attained == 0;
    }
    // The traces must try all three answers.
    EXPECT_GT(attained - left, 100);
    EXPECT_GT(left, 100);
    EXPECT_GT(never, 100);
}

}  // namespace
}  // namespace assay::storage
