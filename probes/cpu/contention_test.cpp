#include "probes/cpu/contention.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace assay::cpu {
namespace {

constexpr std::array kThreads{1.0, 2.0, 4.0, 8.0, 16.0, 32.0};

std::vector<ScalingPoint> points_of(const ContentionFit& law, std::size_t count) {
    std::vector<ScalingPoint> points;
    for (std::size_t index = 0; index < count; ++index)
        points.push_back({kThreads[index], efficiency_by_law(law, kThreads[index])});
    return points;
}

// By hand: 1 / (1 + 0.1 x 3 + 0.01 x 12) at four threads.
TEST(EfficiencyByLaw, IsTheClosedForm) {
    const ContentionFit law{.contention = 0.1, .coherency = 0.01};
    EXPECT_DOUBLE_EQ(efficiency_by_law(law, 1), 1.0);
    EXPECT_DOUBLE_EQ(efficiency_by_law(law, 4), 1 / 1.42);
}

TEST(FitContention, FindsTheParametersThatMadeThePoints) {
    for (const ContentionFit law :
         {ContentionFit{.contention = 0.05, .coherency = 0.002}, ContentionFit{.contention = 0.3},
          ContentionFit{.coherency = 0.01}, ContentionFit{}})
        for (const std::size_t count : {std::size_t{3}, kThreads.size()}) {
            const auto fit = fit_contention(points_of(law, count));
            ASSERT_TRUE(fit);
            EXPECT_NEAR(fit->contention, law.contention, 1e-9);
            EXPECT_NEAR(fit->coherency, law.coherency, 1e-9);
            EXPECT_NEAR(fit->worst_error, 0, 1e-9);
        }
}

TEST(FitContention, IsNearWhereThePointsAreAPercentOff) {
    auto points = points_of({.contention = 0.05, .coherency = 0.002}, kThreads.size());
    for (std::size_t index = 0; index < points.size(); ++index)
        points[index].efficiency *= index % 2 == 0 ? 1.01 : 0.99;
    const auto fit = fit_contention(points);
    ASSERT_TRUE(fit);
    EXPECT_NEAR(fit->contention, 0.05, 0.01);
    EXPECT_NEAR(fit->coherency, 0.002, 0.0005);
    EXPECT_GT(fit->worst_error, 0.001);
    EXPECT_LT(fit->worst_error, 0.02);
}

TEST(FitContention, NeverSaysThatThreadsHelpEachOther) {
    // Efficiency above 1, as a rising clock makes it.
    const auto better =
        fit_contention(std::vector<ScalingPoint>{{1, 1}, {2, 1.02}, {4, 1.05}, {8, 1.04}});
    ASSERT_TRUE(better);
    EXPECT_EQ(better->contention, 0.0);
    EXPECT_EQ(better->coherency, 0.0);
    EXPECT_NEAR(better->worst_error, 0.05, 1e-12);
    // A loss that grows less than the law's straight line: coherency would be negative.
    const auto flat =
        fit_contention(std::vector<ScalingPoint>{{1, 1}, {2, 0.8}, {4, 0.75}, {8, 0.7}});
    ASSERT_TRUE(flat);
    EXPECT_EQ(flat->coherency, 0.0);
    EXPECT_GT(flat->contention, 0.0);
}

TEST(FitContention, NeedsThreePointsAboveZero) {
    EXPECT_FALSE(fit_contention({}));
    EXPECT_FALSE(fit_contention(std::vector<ScalingPoint>{{1, 1}, {2, 0.9}}));
    EXPECT_FALSE(fit_contention(std::vector<ScalingPoint>{{1, 1}, {2, 0.9}, {2, 0.91}}));
    EXPECT_FALSE(fit_contention(std::vector<ScalingPoint>{{1, 1}, {2, 0.9}, {4, 0.0}}));
    EXPECT_TRUE(fit_contention(std::vector<ScalingPoint>{{2, 0.9}, {4, 0.8}}));
}

}  // namespace
}  // namespace assay::cpu
