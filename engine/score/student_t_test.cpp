#include "engine/score/student_t.h"

#include <gtest/gtest.h>

#include <array>

namespace assay::score {
namespace {

// Critical values of published tables (two-sided).
TEST(StudentT, agrees_with_the_tables) {
    EXPECT_NEAR(two_sided_t_probability(12.706, 1), 0.05, 1e-5);
    EXPECT_NEAR(two_sided_t_probability(2.776, 4), 0.05, 1e-4);
    EXPECT_NEAR(two_sided_t_probability(4.587, 10), 0.001, 1e-6);
    EXPECT_NEAR(two_sided_t_probability(3.460, 60), 0.001, 1e-6);
    EXPECT_NEAR(two_sided_t_probability(1.960, 1e7), 0.05, 1e-5) << "the normal distribution";
    EXPECT_DOUBLE_EQ(two_sided_t_probability(0, 5), 1);
    // One degree of freedom is the Cauchy distribution: P(|T| >= 1) = 1/2.
    EXPECT_NEAR(two_sided_t_probability(1, 1), 0.5, 1e-12);
}

// By hand: means 2 and 5, sums of squares 2 and 2, pooled variance 1, t = -3 / sqrt(2/3) = -3.674,
// 4 degrees of freedom, for which P = 1 - t/sqrt(t^2+4) * (1 + 2/(t^2+4)).
TEST(StudentT, tests_two_samples) {
    const std::array left{1.0, 2.0, 3.0};
    const std::array right{4.0, 5.0, 6.0};
    EXPECT_NEAR(t_test(left, right).value(), 0.0213117, 1e-6);
    EXPECT_EQ(t_test(left, right), t_test(right, left));
    EXPECT_NEAR(t_test(left, left).value(), 1, 1e-12);
}

TEST(StudentT, constants_and_small_samples) {
    const std::array two{7.0, 7.0};
    const std::array other{8.0, 8.0};
    EXPECT_EQ(t_test(two, two), 1.0);
    EXPECT_EQ(t_test(two, other), 0.0);
    EXPECT_FALSE(t_test(two, std::span(other).first(1)));
}

}  // namespace
}  // namespace assay::score
