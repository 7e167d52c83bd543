#include "engine/core/trend.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace assay {

std::optional<double> theil_sen_slope(std::span<const double> values) {
    if (values.size() < 2)
        return std::nullopt;
    std::vector<double> slopes;
    slopes.reserve(values.size() * (values.size() - 1) / 2);
    for (std::size_t later = 1; later < values.size(); ++later)
        for (std::size_t earlier = 0; earlier < later; ++earlier)
            slopes.push_back((values[later] - values[earlier]) /
                             static_cast<double>(later - earlier));
    std::ranges::sort(slopes);
    const std::size_t middle = slopes.size() / 2;
    return slopes.size() % 2 == 1 ? slopes[middle] : (slopes[middle - 1] + slopes[middle]) / 2;
}

std::optional<double> mann_kendall_z(std::span<const double> values) {
    constexpr std::size_t kFewest = 8;
    if (values.size() < kFewest)
        return std::nullopt;
    double score = 0;
    std::map<double, double> ties;
    for (std::size_t later = 0; later < values.size(); ++later) {
        ++ties[values[later]];
        for (std::size_t earlier = 0; earlier < later; ++earlier)
            score += values[later] > values[earlier] ? 1 : values[later] < values[earlier] ? -1 : 0;
    }
    const auto term = [](double n) { return n * (n - 1) * (2 * n + 5); };
    double variance = term(static_cast<double>(values.size()));
    for (const auto& [value, count] : ties)
        variance -= term(count);
    variance /= 18;
    if (variance <= 0 || score == 0)
        return 0.0;
    return (score - (score > 0 ? 1 : -1)) / std::sqrt(variance);
}

double chance_of_falling(double z) {
    return std::erfc(-z / std::sqrt(2.0)) / 2;
}

}  // namespace assay
