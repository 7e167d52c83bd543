#include "probes/cpu/line_fit.h"

#include <cmath>

namespace assay::cpu {

std::optional<Line> fitted_line(std::span<const Point> points) {
    if (points.size() < 3)
        return std::nullopt;
    double weights = 0, x_sum = 0, y_sum = 0;
    for (const Point& point : points) {
        if (!(point.x > 0) || !(point.y > 0) || !std::isfinite(point.x) || !std::isfinite(point.y))
            return std::nullopt;
        const double weight = 1 / (point.y * point.y);
        weights += weight;
        x_sum += weight * point.x;
        y_sum += weight * point.y;
    }
    const double x_mean = x_sum / weights, y_mean = y_sum / weights;
    double xx = 0, xy = 0, yy = 0;
    for (const Point& point : points) {
        const double weight = 1 / (point.y * point.y);
        xx += weight * (point.x - x_mean) * (point.x - x_mean);
        xy += weight * (point.x - x_mean) * (point.y - y_mean);
        yy += weight * (point.y - y_mean) * (point.y - y_mean);
    }
    if (!(xx > 0))
        return std::nullopt;
    const double slope = xy / xx;
    const double constant = y_mean - slope * x_mean;
    double left = 0;
    for (const Point& point : points) {
        const double distance = (point.y - constant - slope * point.x) / point.y;
        left += distance * distance;
    }
    return Line{constant, slope, yy > 0 ? 1 - left / yy : 1};
}

}  // namespace assay::cpu
