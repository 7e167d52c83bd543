#include "engine/score/draws.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/measure/statistics.h"
#include "tests/support/example_run.h"

namespace assay::score {
namespace {

std::vector<double> draws_of(const std::vector<double>& samples, std::size_t count) {
    Xoshiro256 random(5);
    const LogMedianDraws medians(samples);
    std::vector<double> values(count);
    for (double& value : values)
        value = medians.next(random);
    return values;
}

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values) {
    double sum = 0;
    const double mean = mean_of(values);
    for (const double value : values)
        sum += (value - mean) * (value - mean);
    return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST(LogMedianDraws, spread_as_the_plain_bootstrap_does) {
    std::vector<double> samples;
    for (const std::size_t rounds :
         {std::size_t{5}, std::size_t{6}, std::size_t{7}, std::size_t{10}, std::size_t{25}}) {
        samples.clear();
        // Evenly spaced in the logarithm, so that centre and spread have a closed form nearby.
        for (std::size_t round = 0; round < rounds; ++round)
            samples.push_back(std::exp(0.01 * static_cast<double>(round)));
        std::vector<double> logs;
        const auto resamples = measure::bootstrap(samples, &measure::median, 1, 50'000);
        for (const double resampled : *resamples)
            logs.push_back(std::log(resampled));
        const std::vector<double> drawn = draws_of(samples, 50'000);
        const double centre = 0.01 * static_cast<double>(rounds - 1) / 2;
        EXPECT_NEAR(mean_of(drawn), centre, 2e-4) << rounds;
        EXPECT_NEAR(deviation_of(drawn) / deviation_of(logs), 1, 0.09) << rounds;
    }
}

TEST(LogMedianDraws, of_a_beta_variate_have_its_variance) {
    // Beta(a, a) has the variance 1 / (4 (2 a + 1)), and 2 a + 1 is n + 2. With 101 samples that
    // lie at their own place, the draw is the variate, but for the clamp at the edges.
    std::vector<double> samples;
    for (int index = 0; index < 101; ++index)
        samples.push_back(std::exp((index + 0.5) / 101));
    EXPECT_NEAR(deviation_of(draws_of(samples, 100'000)), std::sqrt(1 / (4.0 * 103)), 5e-4);
    EXPECT_NEAR(mean_of(draws_of(samples, 100'000)), 0.5, 5e-4);
}

TEST(LogMedianDraws, of_equal_samples_are_all_the_same) {
    for (const double draw : draws_of({7, 7, 7, 7, 7}, 100))
        EXPECT_DOUBLE_EQ(draw, std::log(7));
}

Measurement latency(double p99_ns, std::uint64_t operations) {
    Measurement measurement = test::make_measurement({"storage.fsync.latency",
                                                      Unit::nanoseconds,
                                                      Better::lower,
                                                      {},
                                                      {1000, 1000, 1000, 1000, 1000}});
    Percentiles percentiles;
    percentiles.count = operations;
    percentiles.values = {1000, 1200, 1500, 1800, p99_ns, std::nullopt, std::nullopt};
    percentiles.min = 900;
    percentiles.max = 10 * p99_ns;
    measurement.percentiles = percentiles;
    return measurement;
}

TEST(LogDraws, of_a_percentile_narrow_with_the_operations) {
    const Measurement few = latency(4000, 400), many = latency(4000, 400'000);
    const auto wide = log_draws(few, Statistic::p99, 1, 20'000);
    const auto narrow = log_draws(many, Statistic::p99, 1, 20'000);
    ASSERT_TRUE(wide && narrow);
    EXPECT_NEAR(std::exp(mean_of(*narrow)), 4000, 40);
    EXPECT_GT(deviation_of(*wide), 5 * deviation_of(*narrow));
    // Half of the draws lie on either side of the number itself.
    EXPECT_NEAR(probability_of(*narrow, 4000, true), 0.5, 0.02);
    EXPECT_EQ(probability_of(*narrow, 8000, true), 1.0);
    EXPECT_EQ(probability_of(*narrow, 2000, true), 0.0);
}

TEST(LogDraws, of_a_percentile_move_as_the_tails_of_the_rounds_do) {
    Measurement steady = latency(4000, 4'000'000), moving = steady;
    for (std::size_t round = 0; round < 5; ++round) {
        const double factor = 1 + 0.1 * (static_cast<double>(round) - 2);
        steady.series.push_back({0.1, {{100, 1000, 4000, 9000}}});
        moving.series.push_back({0.1, {{100, 1000, 4000 * factor, 9000}}});
    }
    const double still = deviation_of(*log_draws(steady, Statistic::p99, 1, 20'000));
    const double moved = deviation_of(*log_draws(moving, Statistic::p99, 1, 20'000));
    EXPECT_LT(still, 0.01);
    // The median of tails 10 % apart moves by about 0.1 of its logarithm.
    EXPECT_NEAR(moved, 0.1, 0.03);
    // The median of the operations did not move.
    EXPECT_LT(deviation_of(*log_draws(moving, Statistic::p50, 1, 20'000)), 0.01);
}

TEST(LogDraws, are_missing_where_nothing_is_known) {
    Measurement measurement = latency(4000, 400);
    EXPECT_EQ(log_draws(test::make_measurement({"x.y", Unit::count, Better::higher, {}, {1.0}}),
                        Statistic::median, 1, 100),
              std::nullopt);
    EXPECT_EQ(
        log_draws(test::make_measurement({"x.y", Unit::count, Better::higher, {}, {1.0, 0.0}}),
                  Statistic::median, 1, 100),
        std::nullopt);
    measurement.percentiles.reset();
    EXPECT_EQ(log_draws(measurement, Statistic::p99, 1, 100), std::nullopt);
}

TEST(Probability, counts_a_draw_on_the_limit_as_met) {
    const double draws[] = {std::log(0.8), std::log(0.9), std::log(0.7), std::log(0.8)};
    EXPECT_EQ(probability_of(draws, 0.8, false), 0.75);
    EXPECT_EQ(probability_of(draws, 0.8, true), 0.75);
}

}  // namespace
}  // namespace assay::score
