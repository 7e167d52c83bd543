#include "probes/cpu/clock_samples.h"

#include <gtest/gtest.h>

namespace assay::cpu {
namespace {

constexpr double kGhz = 1e9;

TEST(ClockOf, IsTheNinetiethPercentileByNearestRank) {
    EXPECT_EQ(clock_of({}), std::nullopt);
    EXPECT_EQ(clock_of({3.0}), 3.0);
    std::vector<double> ten;
    for (int run = 10; run >= 1; --run)
        ten.push_back(run);
    EXPECT_EQ(clock_of(ten), 9.0);
    ten.push_back(11);
    EXPECT_EQ(clock_of(ten), 10.0);
}

// A third of the runs lost their CPU: the clock is that of the others.
TEST(ClockOf, IsNotLoweredByRunsThatLostTheirCpu) {
    std::vector<double> runs(200, 3.7 * kGhz);
    for (std::size_t run = 0; run < runs.size(); run += 3)
        runs[run] = 1.1 * kGhz;
    EXPECT_EQ(clock_of(runs), 3.7 * kGhz);
}

TEST(Agreement, ComparesTheClocksAndNotTheDisturbances) {
    EXPECT_EQ(agreement({}), std::nullopt);
    EXPECT_EQ(agreement({{0, 1}}), std::nullopt);
    // Most pairs lost their CPU in one of the two runs.
    std::vector<ChainPair> pairs(10, {3.7 * kGhz, 1.2 * kGhz});
    pairs.insert(pairs.end(), 6, {3.7 * kGhz, 3.7 * kGhz});
    pairs.insert(pairs.end(), 4, {0.4 * kGhz, 3.7 * kGhz});
    EXPECT_DOUBLE_EQ(*agreement(pairs), 1.0);
    for (ChainPair& pair : pairs)
        pair.second_hz /= 2;
    EXPECT_DOUBLE_EQ(*agreement(pairs), 0.5);
}

TEST(MiddleRatio, IsThatOfThePairInTheMiddle) {
    EXPECT_EQ(middle_ratio({}), std::nullopt);
    EXPECT_EQ(middle_ratio({{0, 1}}), std::nullopt);
    EXPECT_DOUBLE_EQ(*middle_ratio({{2, 2}, {2, 1}, {1, 2}, {4, 4}, {3, 3}}), 1.0);
    EXPECT_DOUBLE_EQ(*middle_ratio({{2, 3}, {2, 3}, {2, 1}}), 1.5);
}

std::optional<Finding> between(std::optional<double> ratio, double clock_hz) {
    return disagreement("dependent multiplications", "dependent additions", ratio, clock_hz);
}

TEST(Disagreement, IsFoundBeyondOnePercentInEitherDirection) {
    EXPECT_FALSE(between(std::nullopt, 3 * kGhz));
    EXPECT_FALSE(between(1.0099, 3 * kGhz));
    EXPECT_FALSE(between(0.9901, 3 * kGhz));
    for (const double ratio : {1.0101, 0.9899, 2.0, 0.5}) {
        const auto found = between(ratio, 3 * kGhz);
        ASSERT_TRUE(found) << ratio;
        EXPECT_EQ(found->id, "clock_unverified");
        EXPECT_EQ(found->severity, Severity::invalid);
    }
    EXPECT_EQ(between(0.5, 3.7 * kGhz)->message,
              "The dependent multiplications say 3.700 GHz and the dependent additions 1.850 GHz: "
              "50.0 % apart, where 1 % is allowed.");
}

TEST(UnitsTooBusy, IsFoundWhereTheVectorUnitsMayHaveSetTheTime) {
    EXPECT_FALSE(units_too_busy(std::nullopt));
    EXPECT_FALSE(units_too_busy(0.75));
    EXPECT_FALSE(units_too_busy(0.9));
    const auto found = units_too_busy(0.97);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->severity, Severity::invalid);
    EXPECT_NE(found->message.find("97 %"), std::string::npos) << found->message;
}

}  // namespace
}  // namespace assay::cpu
