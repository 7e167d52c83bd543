#include "engine/core/trend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/core/random.h"

namespace assay {
namespace {

TEST(TheilSen, OfAStraightLineIsItsSlope) {
    std::vector<double> line;
    for (int step = 0; step < 10; ++step)
        line.push_back(7 - 0.25 * step);
    EXPECT_DOUBLE_EQ(*theil_sen_slope(line), -0.25);
    line[3] = 1000;  // one wild value among ten moves it by less than a slope
    EXPECT_NEAR(*theil_sen_slope(line), -0.25, 0.01);
}

// By hand: 1, 2, 4 has the slopes 1, 2 and 3/2.
TEST(TheilSen, IsTheMedianOfAllPairs) {
    EXPECT_EQ(theil_sen_slope({}), std::nullopt);
    EXPECT_EQ(theil_sen_slope(std::vector{1.0}), std::nullopt);
    EXPECT_DOUBLE_EQ(*theil_sen_slope(std::vector{3.0, 5.0}), 2.0);
    EXPECT_DOUBLE_EQ(*theil_sen_slope(std::vector{1.0, 2.0, 4.0}), 1.5);
}

// By hand: ten falling values score -45, the variance is 10 x 9 x 25 / 18 = 125, and the continuity
// correction makes it 44.
TEST(MannKendall, OfARisingOrFallingSeriesIsTheClosedForm) {
    std::vector<double> falling;
    for (int step = 0; step < 10; ++step)
        falling.push_back(-step);
    EXPECT_NEAR(*mann_kendall_z(falling), -44 / std::sqrt(125.0), 1e-12);
    const std::vector<double> rising(falling.rbegin(), falling.rend());
    EXPECT_NEAR(*mann_kendall_z(rising), 44 / std::sqrt(125.0), 1e-12);
}

// By hand: 1 1 1 1 0 0 0 0 scores -16; the variance 8 x 7 x 21 / 18 loses 2 x (4 x 3 x 13) / 18.
TEST(MannKendall, TakesTiesOutOfTheVariance) {
    const std::vector<double> step{1, 1, 1, 1, 0, 0, 0, 0};
    EXPECT_NEAR(*mann_kendall_z(step), -15 / std::sqrt((1176.0 - 312.0) / 18), 1e-12);
    EXPECT_EQ(mann_kendall_z(std::vector<double>(20, 3.0)), 0.0);
    EXPECT_EQ(mann_kendall_z(std::vector<double>(7, 3.0)), std::nullopt);
}

TEST(MannKendall, CallsOneInAHundredSeriesWithoutATrendFallingAtThatLevel) {
    Xoshiro256 random(1);
    constexpr int kSeries = 4000;
    int falling = 0;
    for (int series = 0; series < kSeries; ++series) {
        std::vector<double> values;
        for (int value = 0; value < 15; ++value)
            values.push_back(static_cast<double>(random.below(1'000'000)));
        falling += chance_of_falling(*mann_kendall_z(values)) < 0.01;
    }
    // 40 are expected; the exact level at n = 15 is a little less. Five standard deviations.
    EXPECT_LT(falling, 40 + 32);
    EXPECT_GT(falling, 40 - 32);
}

TEST(ChanceOfFalling, IsTheNormalDistribution) {
    EXPECT_DOUBLE_EQ(chance_of_falling(0), 0.5);
    EXPECT_NEAR(chance_of_falling(-2.326347874), 0.01, 1e-9);
    EXPECT_NEAR(chance_of_falling(1.644853627), 0.95, 1e-9);
}

}  // namespace
}  // namespace assay
