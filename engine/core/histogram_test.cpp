#include "engine/core/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "engine/core/measurement.h"

namespace assay {
namespace {

constexpr double kLargestError = 1.0 / 256;
constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

Histogram histogram_of(const std::vector<std::uint64_t>& samples) {
    Histogram histogram;
    for (const std::uint64_t sample : samples)
        histogram.record(sample);
    return histogram;
}

// 1 ns to 1000 s, each decade as likely as the other.
std::vector<std::uint64_t> log_uniform_samples(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> exponent(0.0, 12.0);
    std::vector<std::uint64_t> samples(count);
    for (std::uint64_t& sample : samples)
        sample = static_cast<std::uint64_t>(std::pow(10.0, exponent(random)));
    return samples;
}

// The largest relative distance of any rank's quantile from the sample that sorting gives.
double worst_error_over_ranks(std::vector<std::uint64_t> samples, std::size_t step) {
    const Histogram histogram = histogram_of(samples);
    std::sort(samples.begin(), samples.end());
    double worst = 0;
    for (std::size_t rank = 1; rank <= samples.size(); rank += step) {
        // Half a rank below, so that no rounding can lift the product over the next whole number.
        const double fraction =
            (static_cast<double>(rank) - 0.5) / static_cast<double>(samples.size());
        const auto exact = static_cast<double>(samples[rank - 1]);
        const double got = *histogram.quantile(fraction);
        worst = std::max(worst, exact == 0 ? std::abs(got) : std::abs(got - exact) / exact);
    }
    return worst;
}

TEST(Histogram, quantiles_of_log_uniform_samples_are_within_0_4_percent_of_sorting) {
    for (const std::uint64_t seed : {1u, 2u, 3u})
        EXPECT_LE(worst_error_over_ranks(log_uniform_samples(100'000, seed), 7), kLargestError);
}

TEST(Histogram, named_percentiles_take_the_rank_that_sorting_takes) {
    std::vector<std::uint64_t> samples = log_uniform_samples(30'000, 4);
    const Histogram histogram = histogram_of(samples);
    std::sort(samples.begin(), samples.end());
    // ceil(fraction * 30000), by hand.
    const std::vector<std::size_t> ranks{15'000, 22'500, 27'000, 28'500, 29'700, 29'970, 29'997};
    for (std::size_t index = 0; index < ranks.size(); ++index) {
        const auto exact = static_cast<double>(samples[ranks[index] - 1]);
        EXPECT_NEAR(*histogram.quantile(kPercentileNames[index].fraction), exact,
                    exact * kLargestError);
    }
}

TEST(Histogram, values_around_every_power_of_two_keep_the_error) {
    std::vector<std::uint64_t> samples;
    for (unsigned bit = 0; bit < 64; ++bit) {
        const std::uint64_t power = std::uint64_t{1} << bit;
        for (const std::uint64_t sample : {power - 1, power, power + 1})
            samples.push_back(sample);
    }
    EXPECT_LE(worst_error_over_ranks(samples, 1), kLargestError);
}

// The worst places: the first and last value of a bucket are farthest from its middle.
TEST(Histogram, both_ends_of_every_bucket_keep_the_error) {
    std::vector<std::uint64_t> samples;
    for (unsigned shift = 1; shift <= 56; ++shift)
        for (std::uint64_t mantissa = 128; mantissa < 256; ++mantissa) {
            samples.push_back(mantissa << shift);
            samples.push_back((mantissa << shift) + (std::uint64_t{1} << shift) - 1);
        }
    EXPECT_LE(worst_error_over_ranks(samples, 1), kLargestError);
}

TEST(Histogram, values_below_256_are_exact) {
    std::vector<std::uint64_t> samples;
    for (std::uint64_t value = 0; value < 256; ++value)
        samples.push_back(value);
    EXPECT_EQ(worst_error_over_ranks(samples, 1), 0.0);
}

TEST(Histogram, the_largest_value_saturates_nothing) {
    const Histogram histogram = histogram_of({kLargest, kLargest, kLargest, kLargest, 1});
    EXPECT_EQ(histogram.count(), 5u);
    EXPECT_EQ(histogram.min(), 1u);
    EXPECT_EQ(histogram.max(), kLargest);
    EXPECT_TRUE(histogram.sum() == Uint128{kLargest} * 4 + 1);
    EXPECT_NEAR(*histogram.quantile(1.0), 0x1p64, 0x1p64 * kLargestError);
    EXPECT_NEAR(*histogram.mean(), (4 * 0x1p64 + 1) / 5, 0x1p12);
}

TEST(Histogram, count_min_max_sum_and_mean_are_exact) {
    const Histogram histogram = histogram_of({1'000'003, 7, 999'999'999'999, 7});
    EXPECT_EQ(histogram.count(), 4u);
    EXPECT_EQ(histogram.min(), 7u);
    EXPECT_EQ(histogram.max(), 999'999'999'999u);
    EXPECT_TRUE(histogram.sum() == 1'000'001'000'016u);
    EXPECT_EQ(histogram.mean(), 250'000'250'004.0);
}

TEST(Histogram, a_quantile_never_leaves_the_recorded_range) {
    const Histogram histogram = histogram_of({1'000'001});
    EXPECT_EQ(histogram.quantile(0.5), 1'000'001.0);
    EXPECT_EQ(histogram.quantile(1.0), 1'000'001.0);
}

TEST(Histogram, a_quantile_is_the_smallest_value_that_covers_the_fraction) {
    const Histogram histogram = histogram_of({10, 20, 30, 40});
    EXPECT_EQ(histogram.quantile(0.001), 10.0);
    EXPECT_EQ(histogram.quantile(0.25), 10.0);
    EXPECT_EQ(histogram.quantile(0.26), 20.0);
    EXPECT_EQ(histogram.quantile(0.75), 30.0);
    EXPECT_EQ(histogram.quantile(1.0), 40.0);
}

TEST(Histogram, counts_what_lies_above_a_values_bucket) {
    Histogram histogram;
    EXPECT_EQ(histogram.count_above(0), 0u);
    for (const std::uint64_t value : {1u, 5u, 5u, 200u, 100'000u})
        histogram.record(value);
    EXPECT_EQ(histogram.count_above(0), 5u);
    EXPECT_EQ(histogram.count_above(5), 2u);
    EXPECT_EQ(histogram.count_above(99'000), 1u);
    EXPECT_EQ(histogram.count_above(100'000), 0u);
    EXPECT_EQ(histogram.count_above(~std::uint64_t{0}), 0u);
}

TEST(Histogram, merging_equals_recording_both_sequences) {
    const std::vector<std::uint64_t> one = log_uniform_samples(5'000, 5);
    const std::vector<std::uint64_t> two = log_uniform_samples(3'000, 6);
    std::vector<std::uint64_t> both = one;
    both.insert(both.end(), two.begin(), two.end());
    Histogram merged = histogram_of(one);
    merged.merge(histogram_of(two));
    EXPECT_TRUE(merged == histogram_of(both));
    EXPECT_FALSE(merged == histogram_of(one));
}

TEST(Histogram, merging_an_empty_one_changes_nothing) {
    const Histogram full = histogram_of({5, 6});
    Histogram left = full, right;
    left.merge(Histogram{});
    right.merge(full);
    EXPECT_TRUE(left == full);
    EXPECT_TRUE(right == full);
}

TEST(Histogram, an_empty_one_knows_nothing) {
    Histogram histogram;
    EXPECT_EQ(histogram.count(), 0u);
    EXPECT_EQ(histogram.min(), std::nullopt);
    EXPECT_EQ(histogram.max(), std::nullopt);
    EXPECT_EQ(histogram.mean(), std::nullopt);
    EXPECT_EQ(histogram.quantile(0.5), std::nullopt);
    histogram.record(3);
    histogram.clear();
    EXPECT_TRUE(histogram == Histogram{});
}

}  // namespace
}  // namespace assay
