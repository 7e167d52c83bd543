#include "report/chart_scale.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "report/plain_text.h"

namespace assay::report {
namespace {

constexpr double kNoRange = 1e-9;
/// Of the range, so that no marker is cut at an edge.
constexpr double kMargin = 0.04;
constexpr double kTen = 10;
constexpr int kMostDecades = 9;
constexpr double kNarrowestDecades = 0.3;

}  // namespace

ChartScale::ChartScale(const std::vector<double>& values, bool is_log, std::optional<double> floor)
    : is_log_(is_log) {
    if (values.empty())
        return;
    const auto [low, high] = std::ranges::minmax(values);
    low_ = at(low);
    high_ = at(high);
    if (floor && !is_log_)
        low_ = std::min(low_, *floor);
    const double range = high_ - low_;
    if (range < kNoRange * std::max(1.0, std::fabs(high_))) {
        // One value: it stands in the middle.
        const double half = is_log_ ? 1 : std::max(std::fabs(high_), 1.0) / 2;
        low_ -= half;
        high_ += half;
        return;
    }
    if (!floor || is_log_)
        low_ -= range * kMargin;
    high_ += range * kMargin;
}

double ChartScale::at(double value) const {
    return is_log_ ? std::log10(value) : value;
}

double ChartScale::place(double value) const {
    return std::clamp((at(value) - low_) / (high_ - low_), 0.0, 1.0);
}

std::vector<double> ChartScale::steps() const {
    std::vector<double> places;
    const double decades = high_ - low_;
    if (!is_log_ || decades < kNarrowestDecades || decades > kMostDecades)
        return places;
    for (int power = static_cast<int>(std::floor(low_)); power <= std::ceil(high_); ++power)
        for (int digit = 1; digit < kTen; ++digit) {
            const double where = std::log10(digit) + power;
            if (where >= low_ && where <= high_)
                places.push_back((where - low_) / decades);
        }
    return places;
}

std::vector<AxisLabel> axis_labels(const ChartScale& scale, const std::vector<ChartValue>& values,
                                   double gap, double gap_a_letter) {
    // Of equal places the earlier stays first (and no stable_sort: see curve_charts.cpp).
    std::multimap<double, std::string> ordered;
    for (const ChartValue& value : values)
        if (!value.text.empty())
            ordered.emplace(scale.place(value.at), value.text);
    std::vector<AxisLabel> all, chosen;
    for (auto& [place, text] : ordered)
        all.push_back({place, std::move(text)});
    if (all.empty())
        return chosen;
    const auto half = [&](const AxisLabel& label) {
        return gap_a_letter * static_cast<double>(display_width(label.text)) / 2;
    };
    const auto fits = [&](const AxisLabel& label) {
        return std::ranges::all_of(chosen, [&](const AxisLabel& other) {
            return std::fabs(label.place - other.place) >= gap + half(label) + half(other);
        });
    };
    chosen.push_back(all.front());
    if (fits(all.back()))
        chosen.push_back(all.back());
    for (const double wanted : {0.5, 0.25, 0.75, 0.125, 0.375, 0.625, 0.875}) {
        const auto nearest = std::ranges::min_element(
            all, {}, [&](const AxisLabel& label) { return std::fabs(label.place - wanted); });
        if (fits(*nearest))
            chosen.push_back(*nearest);
    }
    return chosen;
}

}  // namespace assay::report
