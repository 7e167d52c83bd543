#pragma once

#include <optional>
#include <span>

namespace assay::cpu {

struct Point {
    double x, y;
};

/// y = constant + slope * x.
struct Line {
    double constant, slope;
    double r_squared;  ///< of the relative distances
};

/// The line with the least sum of squared distances relative to y, so that short and long records
/// weigh alike. nullopt below three points, where an x or y is not positive and finite, and where
/// all x are the same. R squared is 1 - sum(((y - line) / y)^2) / sum(((y - mean) / y)^2), the mean
/// weighted alike.
std::optional<Line> fitted_line(std::span<const Point> points);

}  // namespace assay::cpu
