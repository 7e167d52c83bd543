#include "engine/score/predictive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "engine/core/random.h"

namespace assay::score {
namespace {

TEST(Predictive, rounds_without_spread_are_certain) {
    const auto draws = predictive_draws(std::array{5.0, 5.0, 5.0}, 1, 100);
    ASSERT_TRUE(draws);
    for (const double draw : *draws)
        EXPECT_NEAR(draw, 5.0, 1e-12);
}

TEST(Predictive, one_alone_is_taken_as_exact) {
    EXPECT_EQ(predictive_draws(std::array{7.0}, 1, 3), (std::vector<double>{7, 7, 7}));
}

TEST(Predictive, refuses_what_has_no_logarithm) {
    EXPECT_FALSE(predictive_draws({}, 1, 10));
    EXPECT_FALSE(predictive_draws(std::array{1.0, 0.0}, 1, 10));
    EXPECT_FALSE(predictive_draws(std::array{1.0, -1.0}, 1, 10));
    EXPECT_FALSE(predictive_draws(std::array{1.0, HUGE_VAL}, 1, 10));
}

TEST(Predictive, the_same_seed_gives_the_same_draws) {
    const std::array samples{1.0, 1.1, 0.9, 1.05, 0.97};
    EXPECT_EQ(predictive_draws(samples, 4, 50), predictive_draws(samples, 4, 50));
    EXPECT_NE(predictive_draws(samples, 4, 50), predictive_draws(samples, 5, 50));
}

// Quantiles of t with 4 degrees of freedom from a printed table (2.132 at 95 %), widened by
// sqrt(1 + 1/5). The logarithms -2 .. 2 (times 0.1) have a standard deviation of 0.15811.
TEST(Predictive, has_the_quantiles_of_student_t) {
    std::array<double, 5> samples{};
    for (int index = 0; index < 5; ++index)
        samples[static_cast<std::size_t>(index)] = std::exp(0.1 * (index - 2));
    const auto draws = predictive_draws(samples, 1, 200'000);
    ASSERT_TRUE(draws);
    const double expected = 2.132 * 0.158114 * std::sqrt(1.2);
    EXPECT_NEAR(std::log(quantile_of(*draws, 0.95)), expected, 0.01);
    EXPECT_NEAR(std::log(quantile_of(*draws, 0.05)), -expected, 0.01);
    EXPECT_NEAR(std::log(quantile_of(*draws, 0.5)), 0, 0.005);
}

// What it is for: the sixth round lies in the 90 % interval of five in nine of ten tries.
TEST(Predictive, covers_one_more_round_as_often_as_it_says) {
    Xoshiro256 random(11);
    const auto normal = [&random] {
        double sum = -6;  // twelve uniforms: normal to two digits
        for (int index = 0; index < 12; ++index)
            sum += static_cast<double>(random.next() >> 11) * 0x1.0p-53;
        return sum;
    };
    constexpr int kTries = 1000;
    int inside = 0;
    for (int attempt = 0; attempt < kTries; ++attempt) {
        std::array<double, 6> rounds{};
        for (double& round : rounds)
            round = 100 * std::exp(0.05 * normal());
        const auto draws = predictive_draws(std::span(rounds).first(5),
                                            static_cast<std::uint64_t>(attempt) + 1, 2000);
        inside += rounds[5] >= quantile_of(*draws, 0.05) && rounds[5] <= quantile_of(*draws, 0.95);
    }
    // Binomial(1000, 0.9) has a standard deviation of 9.5: four of them on either side.
    EXPECT_GT(inside, 862);
    EXPECT_LT(inside, 938);
}

TEST(Predictive, quantiles_are_interpolated) {
    EXPECT_DOUBLE_EQ(quantile_of({4, 1, 3, 2}, 0.5), 2.5);
    EXPECT_DOUBLE_EQ(quantile_of({4, 1, 3, 2}, 0), 1);
    EXPECT_DOUBLE_EQ(quantile_of({4, 1, 3, 2}, 1), 4);
    EXPECT_DOUBLE_EQ(quantile_of({9}, 0.3), 9);
}

}  // namespace
}  // namespace assay::score
