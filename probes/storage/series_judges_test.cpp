#include "probes/storage/series_judges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/core/random.h"
#include "engine/core/units.h"

namespace assay::storage {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Values = std::vector<double>;

constexpr std::int64_t kSliceNs = 100 * kNanosecondsPerMillisecond;

std::string id_of(const std::optional<Finding>& finding) {
    return finding ? finding->id : "";
}

// `level` give or take up to `share` of it, evenly.
double noisy(Xoshiro256& random, double level, double share) {
    const double unit = static_cast<double>(random.next() >> 11) / 0x1p53;
    return level * (1 + share * (2 * unit - 1));
}

TEST(Throttle, is_seen_in_slices_that_hardly_differ) {
    const Values slices{500, 501, 499, 500, 500, 500, 501, 500, 499, 500};
    const auto finding = judge_throttle(slices, kSliceNs);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "throttled_volume");
    EXPECT_EQ(finding->severity, Severity::info);
    EXPECT_THAT(finding->message, StartsWith("throttled at about 5000 op/s: 10 slices of 100 ms"));
}

TEST(Throttle, needs_eight_slices_of_fifty_operations) {
    EXPECT_EQ(id_of(judge_throttle(Values(8, 50), kSliceNs)), "throttled_volume");
    EXPECT_EQ(id_of(judge_throttle(Values(7, 50), kSliceNs)), "");
    EXPECT_EQ(id_of(judge_throttle(Values(8, 49.9), kSliceNs)), "");
    EXPECT_EQ(id_of(judge_throttle({}, kSliceNs)), "");
    EXPECT_EQ(id_of(judge_throttle(Values(8, 0), kSliceNs)), "");
    EXPECT_EQ(id_of(judge_throttle(Values(8, 50), 0)), "");
}

// Deviations of +-d in equal numbers: the sample variance of 8 is d^2 8/7.
TEST(Throttle, ends_at_half_a_percent_of_variation) {
    const auto slices = [](double mean, double deviation) {
        Values values;
        for (int slice = 0; slice < 8; ++slice)
            values.push_back(mean + (slice % 2 == 0 ? deviation : -deviation));
        return values;
    };
    EXPECT_EQ(id_of(judge_throttle(slices(100, 0.46), kSliceNs)), "throttled_volume");  // 0.492 %
    EXPECT_EQ(id_of(judge_throttle(slices(100, 0.48), kSliceNs)), "");                  // 0.513 %
    // A variance of 2 % of a count of 10 000 is 200: d = 13.2.
    EXPECT_EQ(id_of(judge_throttle(slices(10'000, 13), kSliceNs)), "throttled_volume");
    EXPECT_EQ(id_of(judge_throttle(slices(10'000, 13.5), kSliceNs)), "");
}

TEST(Throttle, is_seen_through_two_slices_in_which_the_host_made_its_threads_wait) {
    Values slices{2000, 2001, 1400, 2600, 2000, 1999, 2000, 2000, 2001, 2000};
    const auto finding = judge_throttle(slices, kSliceNs);
    ASSERT_TRUE(finding);
    EXPECT_THAT(finding->message,
                StartsWith("throttled at about 20001 op/s: 8 of 10 slices of 100 ms differ by"));
    slices[7] = 1700;
    EXPECT_FALSE(judge_throttle(slices, kSliceNs)) << "three of ten are not the exception";
}

// Counts of a device left alone whose spread is just what the criterion allows, and above it.
TEST(Throttle, of_most_slices_is_hardly_ever_chance) {
    Xoshiro256 random(11);
    const auto alarms = [&](double share) {
        int count = 0;
        for (int trial = 0; trial < 1000; ++trial) {
            Values slices;
            for (int slice = 0; slice < 10; ++slice)
                slices.push_back(noisy(random, 2000, share));
            count += judge_throttle(slices, kSliceNs).has_value();
        }
        return count;
    };
    // Standard deviations (evenly spread: share / sqrt 3): 0.2 %, 0.6 %, 1 %; 0.316 % are allowed.
    EXPECT_EQ(alarms(0.002 * std::sqrt(3)), 1000);
    EXPECT_LE(alarms(0.006 * std::sqrt(3)), 20);
    EXPECT_EQ(alarms(0.010 * std::sqrt(3)), 0);
}

// 200 slices of a device that nobody limits, 32 operations in flight, latencies evenly spread by
// half of their mean: counts of 32 000 vary by far less than 0.5 %, and yet it is no limiter.
TEST(Throttle, is_not_seen_in_a_fast_device_left_alone) {
    Xoshiro256 random(7);
    std::vector<double> next(32, 0);
    Values slices(40, 0);
    for (double& at : next)
        while ((at += noisy(random, 1.0 / 1000, 0.5)) < 40)
            ++slices[static_cast<std::size_t>(at)];
    double mean = 0, squares = 0;
    for (const double count : slices)
        mean += count / 40;
    for (const double count : slices)
        squares += (count - mean) * (count - mean) / 39;
    ASSERT_NEAR(mean, 32'000, 50);
    ASSERT_LT(std::sqrt(squares) / mean, 0.005) << "the first criterion alone would call it one";
    EXPECT_EQ(id_of(judge_throttle(slices, kSliceNs)), "");
}

TEST(Stall, is_long_and_a_hundred_times_the_median) {
    constexpr std::int64_t kMs = kNanosecondsPerMillisecond;
    const auto stalled = [](std::int64_t duration_ns, double median_ns) {
        const std::vector<Pause> pauses{{duration_ns, 3 * kSliceNs}};
        return id_of(judge_stall(pauses, median_ns));
    };
    EXPECT_EQ(stalled(100 * kMs, 1e6), "stalled");
    EXPECT_EQ(stalled(100 * kMs - 1, 1e5), "") << "not long enough";
    EXPECT_EQ(stalled(100 * kMs, 1.001e6), "") << "a slow disk: 99.9 medians";
    EXPECT_EQ(stalled(5000 * kMs, 50e6), "stalled");
    EXPECT_EQ(stalled(100 * kMs, 0), "");
    EXPECT_EQ(id_of(judge_stall({}, 1e5)), "");
}

TEST(Stall, names_the_longest_with_its_place_and_how_many_there_are) {
    const std::vector<Pause> pauses{{150'000'000, 1'000'000'000},
                                    {2'300'000'000, 4'200'000'000},
                                    {99'000'000, 5'000'000'000},
                                    {100'000'000, 9'000'000'000}};
    const auto finding = judge_stall(pauses, 85'000);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->severity, Severity::warning);
    EXPECT_EQ(finding->message,
              "stood still for 2.3 s, 4.2 s into the round, with a median latency of 85 us; the "
              "longest of 3 such operations or gaps");
    const auto early = judge_stall(std::vector<Pause>{{346'000'000, -46'600'000}}, 155'000);
    ASSERT_TRUE(early);
    EXPECT_EQ(early->message,
              "stood still for 346 ms, begun 46.6 ms before the round's window, with a median "
              "latency of 155 us");
}

// All early values above all late ones, five each: of the C(10, 5) = 252 ways to share out the
// ranks only this one and its mirror image have so large a contrast. Four of its standard errors.
TEST(Knee, p_value_is_that_of_counting) {
    const auto separated = [](std::size_t each) {
        Values values;
        for (std::size_t at = 0; at < 2 * each; ++at)
            values.push_back((at < each ? 100.0 : 50.0) + static_cast<double>(at));
        return values;
    };
    const auto error_of = [](double p) { return 4 * std::sqrt(p / 10'000); };
    EXPECT_NEAR(knee_p_value(separated(4)), 2. / 70, error_of(2. / 70));
    EXPECT_NEAR(knee_p_value(separated(5)), 2. / 252, error_of(2. / 252));
    EXPECT_NEAR(knee_p_value(separated(6)), 2. / 924, error_of(2. / 924));
    EXPECT_DOUBLE_EQ(knee_p_value(separated(20)), 1. / 10'000) << "2 of 137 846 528 820";
    EXPECT_EQ(find_knee(separated(6))->index, 6u);
    EXPECT_EQ(find_knee(separated(6))->early_median, 102.5);
    EXPECT_EQ(find_knee(separated(6))->late_median, 58.5);
}

// Two levels only: ties share their ranks, and the count of ways is the same.
TEST(Knee, of_tied_values_counts_the_same) {
    Values values(5, 20);
    values.resize(10, 10);
    EXPECT_NEAR(knee_p_value(values), 2. / 252, 4 * std::sqrt(2. / 252 / 10'000));
}

TEST(Knee, does_not_exist_in_few_or_equal_values) {
    EXPECT_FALSE(find_knee(Values{1, 2, 3, 4, 5}));
    EXPECT_FALSE(find_knee(Values(50, 7)));
    EXPECT_FALSE(find_knee({}));
    EXPECT_FALSE(find_knee(Values{9, 9, 9, 1, std::nan(""), 1}));
    EXPECT_FALSE(find_knee(Values(10'001, 1)));
    EXPECT_EQ(knee_p_value(Values(50, 7)), 1);
    EXPECT_EQ(find_knee(Values{9, 9, 9, 1, 1, 1})->index, 3u);
}

// A valid test at 1 % calls at most about 1 % of pure noise a knee: of 300, 3 in the mean, and
// more than 11 with a probability below 1 in 10 000.
TEST(Knee, p_value_keeps_its_promise_on_noise) {
    Xoshiro256 random(42);
    int significant = 0;
    for (int trial = 0; trial < 300; ++trial) {
        Values values;
        for (int at = 0; at < 20; ++at)
            values.push_back(std::floor(noisy(random, 50, 0.3)));  // with ties
        significant += knee_p_value(values) < 0.01;
    }
    EXPECT_LE(significant, 11);
}

TEST(Change, downwards_is_told_with_its_place) {
    Xoshiro256 random(5);
    Values values;
    for (int at = 0; at < 60; ++at)
        values.push_back(noisy(random, at < 36 ? 10'000 : 5000, 0.1));
    const auto finding = judge_change({values, Better::higher, "operations a slice", kSliceNs});
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "performance_fell");
    EXPECT_THAT(finding->message, HasSubstr("from value 37 of 60 on (3.6 s in)"));
    EXPECT_THAT(finding->message, HasSubstr("slower (p = 0.0001)"));
}

TEST(Change, upwards_is_told_as_a_rise_and_latencies_count_the_other_way) {
    Values values(10, 80);
    values.resize(20, 100);
    EXPECT_EQ(id_of(judge_change({values, Better::higher, "iops"})), "performance_rose");
    EXPECT_EQ(id_of(judge_change({values, Better::lower, "latency"})), "performance_fell");
    const auto finding = judge_change({values, Better::lower, "latency"});
    EXPECT_THAT(finding->message,
                StartsWith("latency: median 100 from value 11 of 20 on, 80 before: 20.0 % slower"));
}

TEST(Change, of_fourteen_percent_is_none_and_of_fifteen_is_one) {
    Values values(20, 100);
    values.resize(40, 86);
    EXPECT_EQ(id_of(judge_change({values, Better::higher, "iops"})), "");
    std::fill(values.begin() + 20, values.end(), 85);
    EXPECT_EQ(id_of(judge_change({values, Better::higher, "iops"})), "performance_fell");
}

TEST(Change, near_the_end_and_in_few_values_is_found_where_chance_cannot_explain_it) {
    Values late(36, 100);
    late.resize(40, 40);  // the last tenth
    EXPECT_EQ(id_of(judge_change({late, Better::higher, "iops"})), "performance_fell");
    Values ten(5, 100);
    ten.resize(10, 50);
    EXPECT_EQ(id_of(judge_change({ten, Better::higher, "iops"})), "performance_fell");
    Values eight(4, 100);
    eight.resize(8, 50);
    EXPECT_EQ(id_of(judge_change({eight, Better::higher, "iops"})), "") << "p = 2/70";
}

TEST(Change, is_neither_noise_nor_a_dip_that_passes) {
    Xoshiro256 random(11);
    for (int trial = 0; trial < 100; ++trial) {
        Values values;
        for (int at = 0; at < 50; ++at)
            values.push_back(noisy(random, 1000, 0.2));
        EXPECT_EQ(id_of(judge_change({values, Better::higher, "iops"})), "") << trial;
    }
    Values dip(40, 100);
    std::fill(dip.begin() + 15, dip.begin() + 20, 40);
    EXPECT_EQ(id_of(judge_change({dip, Better::higher, "iops"})), "");
}

TEST(Change, of_values_that_are_no_rates_is_none) {
    Values values(10, 100);
    values.resize(20, 0);
    EXPECT_EQ(id_of(judge_change({values, Better::higher, "iops"})), "");
    EXPECT_EQ(id_of(judge_change({{}, Better::higher, "iops"})), "");
}

}  // namespace
}  // namespace assay::storage
