#include "report/svg.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "report/format.h"
#include "report/plain_text.h"
#include "report/quantity.h"
#include "report/svg_marks.h"

namespace assay::report {
namespace {

using svg::Spot;

constexpr double kFullRatio = 1.5;
constexpr std::size_t kMostSpokes = 12;
constexpr std::size_t kMostBars = 60;

double clamped(double ratio) {
    return std::clamp(ratio, 0.0, kFullRatio);
}

}  // namespace

std::string radar_svg(const Verdict& verdict) {
    constexpr double kRadius = 110;
    constexpr Spot kCentre{225, 160};
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
        lines += svg::line(kCentre, spot(index, kFullRatio), "grid");
        const Spot end = spot(index, kFullRatio * 1.12);
        const std::string_view anchor = std::fabs(end.x - kCentre.x) < 1 ? "middle"
                                        : end.x > kCentre.x              ? "start"
                                                                         : "end";
        labels += svg::text_at({end.x, end.y + 4}, anchor, name);
    }
    return svg::open(450, 320, says) + lines + svg::path("polygon", source, "source") +
           svg::path("polygon", target, "target") + labels + "</svg>";
}

std::string bars_svg(const std::vector<Bar>& bars) {
    if (bars.empty())
        return "";
    constexpr double kNames = 190, kLength = 180, kRow = 26, kValues = 50;
    constexpr std::size_t kNameColumns = 23;  // the table below has the whole name
    const std::size_t count = std::min(bars.size(), kMostBars);
    const double height = kRow * static_cast<double>(count) + 22;
    const auto x = [&](double ratio) { return kNames + clamped(ratio) / kFullRatio * kLength; };
    std::string says = "Ratio of target and source with its 95 % interval:", text;
    for (std::size_t index = 0; index < count; ++index) {
        const Bar& bar = bars[index];
        const double top = kRow * static_cast<double>(index) + 4;
        says += " " + bar.name + " " + bar.value + ";";
        text += svg::text_at({kNames - 8, top + 13}, "end", cut(bar.name, kNameColumns));
        text += format(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"16\" "
            "class=\"bar\"/>",
            kNames, top, x(bar.ratio) - kNames);
        if (bar.low && bar.high) {
            text += svg::line({x(*bar.low), top + 8}, {x(*bar.high), top + 8}, "whisker");
            text += svg::line({x(*bar.low), top + 3}, {x(*bar.low), top + 13}, "whisker");
            text += svg::line({x(*bar.high), top + 3}, {x(*bar.high), top + 13}, "whisker");
        }
        text += svg::text_at({kNames + kLength + 10, top + 13}, "start", bar.value);
    }
    text += svg::line({x(1), 0}, {x(1), height - 20}, "one");
    text += svg::text_at({x(1), height - 4}, "middle", "source");
    return svg::open(kNames + kLength + kValues, height, says) + text + "</svg>";
}

}  // namespace assay::report
