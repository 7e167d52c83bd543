#include "report/svg.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "report/format.h"
#include "report/markup.h"
#include "report/plain_text.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

constexpr double kFullRatio = 1.5;
/// Instead of a range of 0, by which nothing can be divided.
constexpr double kNoRange = 1e-9;
constexpr std::size_t kMostSpokes = 12;
constexpr std::size_t kMostBars = 60;
constexpr std::size_t kMostPoints = 400;

struct Spot {
    double x = 0, y = 0;
};

std::string open_svg(double width, double height, const std::string& says) {
    return format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">", width,
                  height, markup_escaped(says));
}

std::string text_at(Spot spot, std::string_view anchor, std::string_view text) {
    return format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", spot.x, spot.y,
                  anchor, markup_escaped(text));
}

std::string line(Spot from, Spot to, std::string_view look) {
    return format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>",
                  from.x, from.y, to.x, to.y, look);
}

std::string path(std::string_view tag, const std::vector<Spot>& spots, std::string_view look) {
    std::string points;
    for (const Spot& spot : spots)
        points += format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", spot.x, spot.y);
    return format("<{} points=\"{}\" class=\"{}\"/>", tag, points, look);
}

double clamped(double ratio) {
    return std::clamp(ratio, 0.0, kFullRatio);
}

}  // namespace

std::string radar_svg(const Verdict& verdict) {
    constexpr double kRadius = 110;
    constexpr Spot kCentre{210, 160};
    std::vector<const CategoryScore*> spokes;
    for (const CategoryScore& category : verdict.categories)
        if (category.ratio && spokes.size() < kMostSpokes)
            spokes.push_back(&category);
    if (spokes.size() < 3)
        return "";
    const auto spot = [&](std::size_t index, double ratio) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(index) / static_cast<double>(spokes.size());
        const double reach = ratio / kFullRatio * kRadius;
        return Spot{kCentre.x + reach * std::sin(angle), kCentre.y - reach * std::cos(angle)};
    };
    std::string says = "Target against source, where the source is 1:";
    std::string lines, labels;
    std::vector<Spot> target, source;
    for (std::size_t index = 0; index < spokes.size(); ++index) {
        const CategoryScore& category = *spokes[index];
        const std::string name = category.name + " " + score_text(*category.ratio);
        says += " " + name;
        target.push_back(spot(index, clamped(*category.ratio)));
        source.push_back(spot(index, 1));
        lines += line(kCentre, spot(index, kFullRatio), "grid");
        const Spot end = spot(index, kFullRatio * 1.12);
        const std::string_view anchor = std::fabs(end.x - kCentre.x) < 1 ? "middle"
                                        : end.x > kCentre.x              ? "start"
                                                                         : "end";
        labels += text_at({end.x, end.y + 4}, anchor, name);
    }
    return open_svg(420, 320, says) + lines + path("polygon", source, "source") +
           path("polygon", target, "target") + labels + "</svg>";
}

std::string bars_svg(const std::vector<Bar>& bars) {
    if (bars.empty())
        return "";
    constexpr double kNames = 165, kLength = 205, kRow = 26, kValues = 50;
    constexpr std::size_t kNameColumns = 23;  // the table below has the whole name
    const std::size_t count = std::min(bars.size(), kMostBars);
    const double height = kRow * static_cast<double>(count) + 22;
    const auto x = [&](double ratio) { return kNames + clamped(ratio) / kFullRatio * kLength; };
    std::string says = "Ratio of target and source with its 95 % interval:", text;
    for (std::size_t index = 0; index < count; ++index) {
        const Bar& bar = bars[index];
        const double top = kRow * static_cast<double>(index) + 4;
        says += " " + bar.name + " " + bar.value + ";";
        text += text_at({kNames - 8, top + 13}, "end", cut(bar.name, kNameColumns));
        text += format(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"16\" "
            "class=\"bar\"/>",
            kNames, top, x(bar.ratio) - kNames);
        if (bar.low && bar.high) {
            text += line({x(*bar.low), top + 8}, {x(*bar.high), top + 8}, "whisker");
            text += line({x(*bar.low), top + 3}, {x(*bar.low), top + 13}, "whisker");
            text += line({x(*bar.high), top + 3}, {x(*bar.high), top + 13}, "whisker");
        }
        text += text_at({kNames + kLength + 10, top + 13}, "start", bar.value);
    }
    text += line({x(1), 0}, {x(1), height - 20}, "one");
    text += text_at({x(1), height - 4}, "middle", "source");
    return open_svg(kNames + kLength + kValues, height, says) + text + "</svg>";
}

std::string percentiles_svg(const Measurement& measurement) {
    if (!measurement.percentiles)
        return "";
    constexpr double kLeft = 80, kWidth = 300, kHeight = 130, kTop = 12;
    std::vector<std::pair<std::string_view, double>> known;
    for (std::size_t index = 0; index < kPercentileNames.size(); ++index)
        if (const auto value = measurement.percentiles->values[index]; value && *value > 0)
            known.emplace_back(kPercentileNames[index].name, *value);
    if (known.size() < 3)
        return "";
    const double low = std::log(known.front().second);
    const double range = std::max(std::log(known.back().second) - low, kNoRange);
    std::vector<Spot> spots;
    std::string labels, says = measurement.metric + ":";
    for (std::size_t index = 0; index < known.size(); ++index) {
        const Spot spot{
            kLeft + kWidth * static_cast<double>(index) / static_cast<double>(known.size() - 1),
            kTop + kHeight * (1 - (std::log(known[index].second) - low) / range)};
        spots.push_back(spot);
        says += " " + std::string(known[index].first) + " " +
                quantity(known[index].second, measurement.unit);
        labels += text_at({spot.x, kTop + kHeight + 20}, "middle", known[index].first);
    }
    labels +=
        text_at({kLeft - 8, kTop + 4}, "end", quantity(known.back().second, measurement.unit));
    labels += text_at({kLeft - 8, kTop + kHeight}, "end",
                      quantity(known.front().second, measurement.unit));
    return open_svg(420, kTop + kHeight + 30, says) +
           line({kLeft, kTop + kHeight}, {kLeft + kWidth, kTop + kHeight}, "grid") +
           path("polyline", spots, "curve") + labels + "</svg>";
}

std::string series_svg(const Measurement& measurement) {
    constexpr double kLeft = 80, kWidth = 320, kHeight = 90, kTop = 12;
    std::vector<double> values;
    for (const RoundSeries& round : measurement.series)
        for (const SeriesPoint& point : round.points)
            values.push_back(point.per_second);
    if (values.size() < 2)
        return "";
    const double high = std::max(*std::ranges::max_element(values), kNoRange);
    const std::size_t step = (values.size() + kMostPoints - 1) / kMostPoints;
    std::vector<Spot> spots;
    for (std::size_t index = 0; index < values.size(); index += step)
        spots.push_back(
            {kLeft + kWidth * static_cast<double>(index) / static_cast<double>(values.size() - 1),
             kTop + kHeight * (1 - values[index] / high)});
    const std::string most = quantity(high, Unit::operations_per_second);
    return open_svg(420, kTop + kHeight + 12,
                    measurement.metric + ": operations a second over all rounds, at most " + most) +
           line({kLeft, kTop + kHeight}, {kLeft + kWidth, kTop + kHeight}, "grid") +
           path("polyline", spots, "curve") + text_at({kLeft - 8, kTop + 4}, "end", most) +
           text_at({kLeft - 8, kTop + kHeight}, "end", "0") + "</svg>";
}

}  // namespace assay::report
