#include "report/store/trend_chart.h"

#include <algorithm>

#include "report/chart_draft.h"
#include "report/format.h"
#include "report/plain_text.h"
#include "report/quantity.h"

namespace assay::store {
namespace {

using report::Chart;
using report::ChartLine;
using report::ChartPoint;
using report::ChartSide;
using report::ChartValue;
using report::FlagKind;
using report::quantity;

/// More are a hedge; the history may hold any number.
constexpr std::size_t kMostDrawn = 200;
constexpr std::size_t kLongestTitle = 240;
constexpr std::size_t kLengthOfDay = 10;  // "2026-11-21"

std::size_t first_drawn(const Series& series) {
    return series.points.size() - std::min(series.points.size(), kMostDrawn);
}

ChartValue place_of(const Series& series, std::size_t index) {
    return {static_cast<double>(index), std::to_string(series.points[index].run)};
}

ChartPoint point_at(const Series& series, std::size_t index, double value) {
    return {place_of(series, index), {value, quantity(value, series.unit)}, {}, {}, {}, false};
}

ChartLine line_of_medians(const Series& series) {
    ChartLine line{"median of the run", ChartSide::only, {}};
    for (std::size_t index = first_drawn(series); index < series.points.size(); ++index) {
        const SeriesPoint& point = series.points[index];
        line.points.push_back(point_at(series, index, point.median));
        line.points.back().low = point.low;
        line.points.back().high = point.high;
    }
    return line;
}

/// A stroke from one run to another, at one value or two.
void add_stroke(ChartLine& line, ChartPoint from, ChartPoint to) {
    from.begins = true;
    line.points.push_back(std::move(from));
    if (line.points.back().x.at != to.x.at)
        line.points.push_back(std::move(to));
}

ChartLine line_of_levels(const Trend& trend) {
    const Series& series = trend.series;
    ChartLine line{"median of each level", ChartSide::only, {}};
    std::size_t begin = 0;
    double value = trend.found.changes.front().before;
    const auto add_until = [&](std::size_t end) {
        begin = std::max(begin, first_drawn(series));
        if (begin >= end)
            return;
        add_stroke(line, point_at(series, begin, value), point_at(series, end - 1, value));
    };
    for (const score::LevelChange& change : trend.found.changes) {
        add_until(change.at);
        begin = change.at;
        value = change.after;
    }
    add_until(series.points.size());
    return line;
}

FlagKind flag_of(score::ChangeKind kind) {
    switch (kind) {
        case score::ChangeKind::better:
            return FlagKind::better;
        case score::ChangeKind::worse:
            return FlagKind::worse;
        case score::ChangeKind::other:
            break;
    }
    return FlagKind::other;
}

void add_what_was_found(const Trend& trend, Chart& chart) {
    const Series& series = trend.series;
    const std::size_t last = series.points.size() - 1;
    if (const auto& band = trend.found.band) {
        ChartLine line{"band of the runs before the last", ChartSide::only, {}};
        for (const double edge : {band->low, band->high})
            add_stroke(line, point_at(series, first_drawn(series), edge),
                       point_at(series, last, edge));
        chart.lines.push_back(std::move(line));
    }
    if (!trend.found.changes.empty())
        chart.lines.push_back(line_of_levels(trend));
    if (const auto& drift = trend.found.drift) {
        ChartLine line{"drift (Theil-Sen)", ChartSide::only, {}};
        add_stroke(line, point_at(series, drift->from, drift->begins),
                   point_at(series, last, drift->ends));
        chart.lines.push_back(std::move(line));
    }
}

/// The runs are evenly spaced, so that days are said and not drawn.
std::string x_title(const Series& series) {
    const auto day = [](const SeriesPoint& point) {
        return point.started_at.substr(0, kLengthOfDay);
    };
    return "number of the run, from " + day(series.points[first_drawn(series)]) + " to " +
           day(series.points.back());
}

}  // namespace

Chart chart_of(const Trend& trend) {
    const Series& series = trend.series;
    Chart chart;
    chart.title =
        report::cut(report::visible(series.metric + ": " + series.conditions), kLongestTitle);
    if (series.points.size() < 2)
        return chart;
    chart.x = {x_title(series)};
    chart.y = {report::axis_title(series.metric, series.unit)};
    chart.y.begins_at_zero = false;
    chart.lines.push_back(line_of_medians(series));
    add_what_was_found(trend, chart);
    // They are in the order of time: levels oldest first, then what is said of the last run.
    for (const Alarm& alarm : trend.alarms) {
        const auto at = std::ranges::find(series.points, alarm.at_run, &SeriesPoint::run);
        const auto first = static_cast<std::ptrdiff_t>(first_drawn(series));
        if (at != series.points.end() && at - series.points.begin() >= first)
            chart.flags.push_back(
                {place_of(series, static_cast<std::size_t>(at - series.points.begin())),
                 flag_of(alarm.kind), alarm.what});
    }
    if (first_drawn(series) > 0)
        chart.note = report::format("Of {} runs the newest {} are drawn; all are in the JSON.",
                                    series.points.size(), kMostDrawn);
    return chart;
}

}  // namespace assay::store
