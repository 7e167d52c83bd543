#include "engine/measure/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/random.h"

namespace assay::measure {
namespace {

using Samples = std::vector<double>;

/// Uniform in (0, 1), from the top 53 bits.
double unit_interval(Xoshiro256& random) {
    return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
}

TEST(Median, is_absent_without_samples) {
    EXPECT_EQ(median({}), std::nullopt);
}

TEST(Median, is_the_sample_itself_for_one) {
    EXPECT_EQ(median(Samples{7}), 7);
}

TEST(Median, is_the_middle_sample_whatever_the_order) {
    EXPECT_EQ(median(Samples{9, 1, 5}), 5);
    EXPECT_EQ(median(Samples{1e9, -3, 4, 4, 0}), 4);
}

TEST(Median, of_an_even_count_is_the_mean_of_the_middle_two) {
    EXPECT_EQ(median(Samples{1, 2}), 1.5);
    EXPECT_EQ(median(Samples{10, 1, 3, 2}), 2.5);
}

TEST(Median, survives_the_largest_doubles) {
    EXPECT_EQ(median(Samples{1.7e308, 1.7e308}), 1.7e308);
    EXPECT_EQ(median(Samples{-1.7e308, 1.7e308}), 0);
}

TEST(Mad, needs_two_samples) {
    EXPECT_EQ(mad({}), std::nullopt);
    EXPECT_EQ(mad(Samples{3}), std::nullopt);
    EXPECT_EQ(mad(Samples{3, 5}), 1);
}

TEST(Mad, is_raw_and_not_scaled_to_a_normal_deviation) {
    // By hand: median 2; deviations 1 1 0 0 2 4 7, sorted 0 0 1 1 2 4 7, middle 1.
    EXPECT_EQ(mad(Samples{1, 1, 2, 2, 4, 6, 9}), 1);
    EXPECT_EQ(mad(Samples{5, 5, 5, 5}), 0);
}

TEST(MedianRanks, are_absent_below_six_samples) {
    for (std::size_t n = 0; n < 6; ++n)
        EXPECT_EQ(median_ranks(n), std::nullopt) << n;
}

struct KnownRanks {
    std::size_t n, low, high;
    double coverage;  ///< 1 - 2 P(B(n, 1/2) <= low - 1), by hand as a fraction of 2^n
};

TEST(MedianRanks, agree_with_the_exact_binomial_fractions) {
    // P(B(20, 1/2) <= 5) is (1 + 20 + 190 + 1140 + 4845 + 15504) / 2^20 = 21700 / 2^20.
    const KnownRanks known[] = {
        {6, 1, 6, 1 - 2 * 1.0 / 64},
        {7, 1, 7, 1 - 2 * 1.0 / 128},
        {8, 1, 8, 1 - 2 * 1.0 / 256},
        {9, 2, 8, 1 - 2 * 10.0 / 512},
        {10, 2, 9, 1 - 2 * 11.0 / 1024},
        {15, 4, 12, 1 - 2 * 576.0 / 32768},
        {20, 6, 15, 1 - 2 * 21700.0 / 1048576},
    };
    for (const KnownRanks& row : known) {
        const auto ranks = median_ranks(row.n);
        ASSERT_TRUE(ranks.has_value());
        EXPECT_EQ(ranks->low, row.low) << row.n;
        EXPECT_EQ(ranks->high, row.high) << row.n;
        EXPECT_NEAR(ranks->coverage, row.coverage, 1e-14) << row.n;
    }
}

TEST(MedianRanks, are_the_narrowest_that_cover_95_percent) {
    // Independent sum from the tail in long double, for every n that it can carry.
    for (std::size_t n = 6; n <= 400; ++n) {
        long double term = std::pow(0.5L, static_cast<long double>(n)), tail = 0;
        std::size_t low = 0;
        for (std::size_t k = 0; k < n && 1 - 2 * (tail + term) >= 0.95L; ++k) {
            tail += term;
            term *= static_cast<long double>(n - k) / static_cast<long double>(k + 1);
            low = k + 1;
        }
        const auto ranks = median_ranks(n);
        ASSERT_TRUE(ranks.has_value()) << n;
        EXPECT_EQ(ranks->low, low) << n;
        EXPECT_EQ(ranks->high, n + 1 - low) << n;
    }
}

TEST(MedianRanks, of_a_million_follow_the_normal_approximation) {
    // n/2 - 1.959964 sqrt(n)/2 = 499020.02.
    const auto ranks = median_ranks(1'000'000);
    ASSERT_TRUE(ranks.has_value());
    EXPECT_NEAR(static_cast<double>(ranks->low), 499'020, 1);
    EXPECT_GE(ranks->coverage, 0.95);
    EXPECT_LT(ranks->coverage, 0.9502);
}

TEST(MedianInterval, takes_ranks_2_and_8_of_9_and_4_and_12_of_15) {
    EXPECT_EQ(median_interval(Samples{90, 10, 30, 20, 70, 60, 80, 40, 50}), (Interval{20, 80}));
    EXPECT_EQ(median_interval(Samples{15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}),
              (Interval{4, 12}));
    EXPECT_EQ(median_interval(Samples{1, 2, 3, 4, 5}), std::nullopt);
}

TEST(MedianInterval, covers_the_true_median_as_often_as_it_says) {
    // Skewed samples: exponential, true median ln 2. 20 000 trials have a standard error of 0.14 %
    // at 96.1 %, so 0.6 % is over four of them; and it must not cover much more, either.
    constexpr std::size_t kTrials = 20'000;
    for (const std::size_t n : {std::size_t{7}, std::size_t{9}, std::size_t{15}}) {
        Xoshiro256 random(20 + n);
        std::size_t covered = 0;
        Samples samples(n);
        for (std::size_t trial = 0; trial < kTrials; ++trial) {
            for (double& sample : samples)
                sample = -std::log(unit_interval(random));
            const auto interval = median_interval(samples);
            covered += interval->low <= std::log(2.0) && std::log(2.0) <= interval->high;
        }
        EXPECT_NEAR(static_cast<double>(covered) / kTrials, median_ranks(n)->coverage, 0.006) << n;
    }
}

TEST(Summarize, says_only_what_the_count_carries) {
    EXPECT_EQ(summarize({}), Summary{});

    const Summary one = summarize(Samples{4});
    EXPECT_EQ(one.n, 1u);
    EXPECT_EQ(one.median, 4);
    EXPECT_EQ(one.min, 4);
    EXPECT_EQ(one.max, 4);
    EXPECT_EQ(one.mad, std::nullopt);
    EXPECT_EQ(one.ci95_low, std::nullopt);

    const Summary two = summarize(Samples{4, 1});
    EXPECT_EQ(two.median, 2.5);
    EXPECT_EQ(two.min, 1);
    EXPECT_EQ(two.max, 4);
    EXPECT_EQ(two.mad, 1.5);
    EXPECT_EQ(two.ci95_low, std::nullopt);
    EXPECT_EQ(two.ci95_high, std::nullopt);

    const Summary nine = summarize(Samples{1, 2, 3, 4, 5, 6, 7, 8, 9});
    EXPECT_EQ(nine, (Summary{9, 5, 1, 9, 2, 2, 8}));
}

TEST(PercentilesOf, an_empty_histogram_are_all_absent) {
    EXPECT_EQ(percentiles_of(Histogram{}, 0.5), Percentiles{});
}

TEST(PercentilesOf, refuses_what_the_count_cannot_carry) {
    // p50 p75 p90 p95 p99 p99.9 p99.99 need 5 11 29 59 299 2995 29956 operations.
    const std::uint64_t needed[] = {5, 11, 29, 59, 299, 2995, 29956};
    for (std::size_t index = 0; index < 7; ++index) {
        Histogram histogram;
        for (std::uint64_t count = 1; count < needed[index]; ++count)
            histogram.record(100);
        EXPECT_FALSE(percentiles_of(histogram, 1).values[index].has_value()) << index;
        histogram.record(100);
        EXPECT_EQ(percentiles_of(histogram, 1).values[index], 100) << index;
        if (index + 1 < 7) {
            EXPECT_FALSE(percentiles_of(histogram, 1).values[index + 1].has_value()) << index;
        }
    }
}

TEST(PercentilesOf, scales_ticks_to_ns_with_exact_extremes_and_mean) {
    Histogram ticks;
    for (std::uint64_t value = 1; value <= 1000; ++value)
        ticks.record(value * 1'000'003);
    const Percentiles percentiles = percentiles_of(ticks, 0.5);
    EXPECT_EQ(percentiles.count, 1000u);
    EXPECT_EQ(percentiles.min, 500'001.5);
    EXPECT_EQ(percentiles.max, 500'001'500.0);
    EXPECT_DOUBLE_EQ(*percentiles.mean, 500.5 * 500'001.5);
    EXPECT_NEAR(*percentiles.values[0], 500 * 500'001.5, 500 * 500'001.5 / 256);
    EXPECT_NEAR(*percentiles.values[4], 990 * 500'001.5, 990 * 500'001.5 / 256);
    EXPECT_FALSE(percentiles.values[5].has_value());
}

TEST(Bootstrap, needs_two_samples) {
    EXPECT_EQ(bootstrap({}, &median, 1, 100), std::nullopt);
    EXPECT_EQ(bootstrap(Samples{1}, &median, 1, 100), std::nullopt);
    EXPECT_TRUE(bootstrap(Samples{1, 2}, &median, 1, 100).has_value());
}

TEST(Bootstrap, is_absent_where_the_statistic_is) {
    const Statistic never = [](std::span<const double>) -> std::optional<double> {
        return std::nullopt;
    };
    EXPECT_EQ(bootstrap(Samples{1, 2, 3}, never, 1, 10), std::nullopt);
}

TEST(Bootstrap, repeats_for_the_same_seed_and_differs_for_another) {
    const Samples samples{1, 2, 3, 4, 5, 6, 7, 8, 9};
    EXPECT_EQ(bootstrap(samples, &median, 5, 500), bootstrap(samples, &median, 5, 500));
    EXPECT_NE(bootstrap(samples, &median, 5, 500), bootstrap(samples, &median, 6, 500));
}

TEST(Bootstrap, of_the_median_of_three_has_the_frequencies_of_counting) {
    // Of the 27 resamples of {1, 2, 3}, 7 have the median 1, 13 have 2, and 7 have 3.
    const auto draws = bootstrap(Samples{1, 2, 3}, &median, 11, 27'000);
    ASSERT_TRUE(draws.has_value());
    EXPECT_NEAR(static_cast<double>(std::ranges::count(*draws, 1.0)), 7000, 360);
    EXPECT_NEAR(static_cast<double>(std::ranges::count(*draws, 2.0)), 13000, 410);
    EXPECT_NEAR(static_cast<double>(std::ranges::count(*draws, 3.0)), 7000, 360);
}

TEST(CentralInterval, cuts_the_same_tail_at_both_ends) {
    Samples draws(1000);
    for (std::size_t index = 0; index < draws.size(); ++index)
        draws[index] = static_cast<double>(draws.size() - index);  // 1000 ... 1
    // 25 draws lie below 26, and 25 above 975.
    EXPECT_EQ(central_interval(draws), (Interval{26, 975}));
    EXPECT_EQ(central_interval(Samples(39, 1.0)), std::nullopt);
    EXPECT_EQ(central_interval(Samples(40, 1.0)), (Interval{1, 1}));
}

}  // namespace
}  // namespace assay::measure
