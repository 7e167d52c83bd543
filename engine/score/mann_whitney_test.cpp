#include "engine/score/mann_whitney.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::score {
namespace {

/// Two samples without ties whose first has the given U: `u` pairs in which it is the larger.
RankTest test_of(std::size_t n, std::size_t m, std::size_t u) {
    // Start with the first sample below the second, then lift its members, the last first.
    std::vector<double> first, second;
    for (std::size_t index = 0; index < m; ++index)
        second.push_back(static_cast<double>(index + 1));
    for (std::size_t index = 0; index < n; ++index) {
        const std::size_t passed = std::min(u, m);
        u -= passed;
        first.push_back(static_cast<double>(passed) + 0.5 - static_cast<double>(index) * 1e-3);
    }
    return *mann_whitney(first, second);
}

struct Critical {
    std::size_t n, m, u;  ///< the largest U that is significant at 0.05, two-sided
};

TEST(MannWhitney, agrees_with_the_published_critical_values) {
    // Two-sided 5 % points of U as in every textbook's table.
    const Critical table[] = {{4, 4, 0},    {5, 4, 1},    {5, 5, 2},    {6, 5, 3},
                              {6, 6, 5},    {7, 7, 8},    {8, 8, 13},   {9, 9, 17},
                              {10, 10, 23}, {12, 12, 37}, {15, 15, 64}, {20, 20, 127}};
    for (const Critical& row : table) {
        EXPECT_EQ(test_of(row.n, row.m, row.u).u, static_cast<double>(row.u));
        EXPECT_LE(test_of(row.n, row.m, row.u).p, 0.05) << row.n << " " << row.m;
        EXPECT_GT(test_of(row.n, row.m, row.u + 1).p, 0.05) << row.n << " " << row.m;
    }
}

TEST(MannWhitney, has_the_exact_probabilities_of_small_samples) {
    EXPECT_NEAR(test_of(3, 3, 0).p, 2.0 / 20, 1e-12);
    EXPECT_NEAR(test_of(4, 4, 0).p, 2.0 / 70, 1e-12);
    EXPECT_NEAR(test_of(5, 5, 0).p, 2.0 / 252, 1e-12);
    EXPECT_NEAR(test_of(5, 5, 1).p, 4.0 / 252, 1e-12);
    EXPECT_NEAR(test_of(5, 5, 2).p, 8.0 / 252, 1e-12);
    EXPECT_NEAR(test_of(6, 6, 0).p, 2.0 / 924, 1e-12);
    EXPECT_NEAR(test_of(5, 5, 5).p, 38.0 / 252, 1e-12);
    EXPECT_NEAR(test_of(5, 5, 12).p, 1.0, 1e-12);
    EXPECT_NEAR(test_of(5, 5, 3).smallest, 2.0 / 252, 1e-12);
    // It does not matter which sample is the larger.
    EXPECT_NEAR(test_of(5, 5, 24).p, test_of(5, 5, 1).p, 1e-12);
}

TEST(MannWhitney, counts_ties_exactly) {
    // Ranks 1, 2.5, 2.5, 4: of the 6 ways to choose two, sums 3.5 3.5 5 5 6.5 6.5; 3.5 is as far
    // out as any: 4 of 6.
    const double first[] = {1, 2}, second[] = {2, 3};
    EXPECT_NEAR(mann_whitney(first, second)->p, 4.0 / 6, 1e-12);
    EXPECT_NEAR(mann_whitney(first, second)->u, 0.5, 1e-12);
    const double same[] = {7, 7, 7, 7, 7};
    EXPECT_EQ(mann_whitney(same, same)->p, 1.0);
    EXPECT_EQ(mann_whitney({}, same), std::nullopt);
    EXPECT_EQ(mann_whitney(std::vector<double>(31, 1.0), std::vector<double>(30, 1.0)),
              std::nullopt);
}

TEST(Holm, steps_down_from_the_smallest) {
    const double values[] = {0.01, 0.04, 0.03, 0.005};
    const std::vector<double> adjusted = holm(values);
    EXPECT_NEAR(adjusted[3], 0.02, 1e-12);
    EXPECT_NEAR(adjusted[0], 0.03, 1e-12);
    EXPECT_NEAR(adjusted[2], 0.06, 1e-12);
    // Never below the one before it.
    EXPECT_NEAR(adjusted[1], 0.06, 1e-12);
    EXPECT_TRUE(holm({}).empty());
    const double large[] = {0.7, 0.9};
    EXPECT_EQ(holm(large)[1], 1.0);
}

}  // namespace
}  // namespace assay::score
