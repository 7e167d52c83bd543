#include "probes/cpu/line_fit.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

namespace assay::cpu {
namespace {

TEST(FittedLine, finds_the_line_that_points_lie_on) {
    // 200 ns a record and 4 B/ns.
    const std::array points{Point{16, 204}, Point{1024, 456}, Point{16384, 4296},
                            Point{1048576, 262344}};
    const auto line = fitted_line(points);
    ASSERT_TRUE(line);
    EXPECT_NEAR(line->constant, 200, 1e-6);
    EXPECT_NEAR(line->slope, 0.25, 1e-12);
    EXPECT_NEAR(line->r_squared, 1, 1e-12);
}

TEST(FittedLine, weighs_relative_distances) {
    // By hand, with weights 1, 1/4, 1/16: sums W = 21/16, Wx = 27/16, Wy = 7/4, Wxx = 41/16,
    // Wxy = 11/4; slope (W Wxy - Wx Wy) / (W Wxx - Wx Wx) = 14/11, constant -10/33, R^2 21/22.
    const std::array points{Point{1, 1}, Point{2, 2}, Point{3, 4}};
    const auto line = fitted_line(points);
    ASSERT_TRUE(line);
    EXPECT_NEAR(line->slope, 14.0 / 11, 1e-12);
    EXPECT_NEAR(line->constant, -10.0 / 33, 1e-12);
    EXPECT_NEAR(line->r_squared, 21.0 / 22, 1e-12);
}

TEST(FittedLine, is_absent_where_points_make_no_line) {
    EXPECT_FALSE(fitted_line(std::vector<Point>{}));
    EXPECT_FALSE(fitted_line(std::vector{Point{1, 1}, Point{2, 2}}));
    EXPECT_FALSE(fitted_line(std::vector{Point{2, 1}, Point{2, 2}, Point{2, 3}}));
    EXPECT_FALSE(fitted_line(std::vector{Point{1, 1}, Point{2, 0}, Point{3, 3}}));
    EXPECT_FALSE(fitted_line(
        std::vector{Point{1, 1}, Point{2, std::numeric_limits<double>::infinity()}, Point{3, 3}}));
}

}  // namespace
}  // namespace assay::cpu
