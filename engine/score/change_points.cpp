#include "engine/score/change_points.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "engine/measure/statistics.h"
#include "engine/score/student_t.h"

namespace assay::score {
namespace {

using Values = std::span<const double>;

/// Sum of the distances of one value to each of `others`.
double distances(double value, Values others) {
    double sum = 0;
    for (const double other : others)
        sum += std::fabs(value - other);
    return sum;
}

/// The split of the largest scaled energy distance, of those with enough values on either side.
/// O(n^2): the sums inside and between the two sides are carried from one split to the next.
std::optional<std::size_t> best_split(Values values, std::size_t fewest) {
    const std::size_t n = values.size();
    if (n < 2 * fewest)
        return std::nullopt;
    double inside_left = 0, inside_right = 0, between = 0;
    for (std::size_t at = 0; at < n; ++at)
        inside_right += distances(values[at], values.subspan(at + 1));
    std::optional<std::size_t> best;
    double largest = -1;
    for (std::size_t split = 1; split < n; ++split) {
        const double moved = values[split - 1];
        const double to_left = distances(moved, values.first(split - 1));
        const double to_right = distances(moved, values.subspan(split));
        inside_left += to_left;
        inside_right -= to_right;
        between += to_right - to_left;
        if (split < fewest || n - split < fewest)
            continue;
        const auto left = static_cast<double>(split);
        const auto right = static_cast<double>(n - split);
        const double energy = 2 * between / (left * right) - 2 * inside_left / (left * (left - 1)) -
                              2 * inside_right / (right * (right - 1));
        const double scaled = energy * left * right / (left + right);
        if (scaled > largest) {
            largest = scaled;
            best = split;
        }
    }
    return best;
}

/// How far a value may lie from its level's median, in robust standard deviations of both levels
/// together, before it is drawn in to there: one run beside a backup job must neither hide a change
/// nor make one.
constexpr double kWild = 3.5;

std::vector<double> deviations(Values level, double median) {
    std::vector<double> found;
    for (const double value : level)
        found.push_back(std::fabs(value - median));
    return found;
}

std::vector<double> drawn_in(Values level, double median, double reach) {
    std::vector<double> tame;
    for (const double value : level)
        tame.push_back(std::clamp(value, median - reach, median + reach));
    return tame;
}

/// The t-test between two levels without their wild runs. nullopt below two values on a side.
std::optional<double> p_value_between(Values left, Values right) {
    constexpr double kNormalMad = 1.4826;  // MAD to standard deviation, for normal noise
    const auto left_median = measure::median(left);
    const auto right_median = measure::median(right);
    if (!left_median || !right_median)
        return std::nullopt;
    std::vector<double> all = deviations(left, *left_median);
    std::ranges::copy(deviations(right, *right_median), std::back_inserter(all));
    const double reach = kWild * kNormalMad * measure::median(all).value_or(0);
    // Levels of equal values but for a few have no scale; then every value counts as it is.
    if (reach == 0)
        return t_test(left, right);
    return t_test(drawn_in(left, *left_median, reach), drawn_in(right, *right_median, reach));
}

/// Splits while the t-test lets it. `first` is the index of values[0] in the whole series.
void divide(Values values, std::size_t first, const ChangePointRule& rule,
            std::vector<std::size_t>& points) {
    const auto split = best_split(values, rule.fewest_in_level);
    if (!split)
        return;
    const auto p = p_value_between(values.first(*split), values.subspan(*split));
    if (!p || *p >= rule.p_value * rule.weak_factor)
        return;
    points.push_back(first + *split);
    divide(values.first(*split), first, rule, points);
    divide(values.subspan(*split), first + *split, rule, points);
}

/// The levels on both sides of a point, neither longer than a window.
std::optional<double> p_value_at(Values values, const std::vector<std::size_t>& points,
                                 std::size_t at, std::size_t window) {
    const std::size_t begin = at == 0 ? 0 : points[at - 1];
    const std::size_t end = at + 1 == points.size() ? values.size() : points[at + 1];
    const std::size_t point = points[at];
    const Values left = values.subspan(begin, point - begin);
    const Values right = values.subspan(point, end - point);
    return p_value_between(left.last(std::min(left.size(), window)),
                           right.first(std::min(right.size(), window)));
}

/// Takes back the weakest point until every one holds between its neighbours.
void keep_what_holds(Values values, const ChangePointRule& rule, std::vector<std::size_t>& points) {
    while (!points.empty()) {
        std::size_t weakest = 0;
        double largest = -1;
        for (std::size_t at = 0; at < points.size(); ++at) {
            const double p = p_value_at(values, points, at, rule.window).value_or(1);
            if (p > largest) {
                largest = p;
                weakest = at;
            }
        }
        if (largest < rule.p_value)
            return;
        points.erase(points.begin() + static_cast<std::ptrdiff_t>(weakest));
    }
}

}  // namespace

std::vector<std::size_t> change_points(Values values, const ChangePointRule& rule) {
    std::vector<std::size_t> points;
    // The last window ends with the series, so that the newest runs are seen whole.
    for (std::size_t begin = 0;; begin += rule.window / 2) {
        const bool is_last = begin + rule.window >= values.size();
        if (is_last && values.size() > rule.window)
            begin = values.size() - rule.window;
        divide(values.subspan(begin, std::min(rule.window, values.size() - begin)), begin, rule,
               points);
        if (is_last)
            break;
    }
    std::ranges::sort(points);
    const auto twice = std::ranges::unique(points);
    points.erase(twice.begin(), twice.end());
    keep_what_holds(values, rule, points);
    return points;
}

}  // namespace assay::score
