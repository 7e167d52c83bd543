#include <algorithm>

#include "report/chart_draft.h"
#include "report/condition_text.h"
#include "report/format.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

/// Between two rounds other probes had their turns.
constexpr double kGapOfRounds = 1;

struct Series {
    std::vector<ChartPoint> rates, tails;  ///< one each a stretch; a tail may be absent
};

Series series_of(const Measurement& measurement) {
    const Unit of_rate = measurement.unit == Unit::bytes_per_second ? Unit::bytes_per_second
                                                                    : Unit::operations_per_second;
    Series series;
    double place = 0;
    for (std::size_t round = 0; round < measurement.series.size(); ++round) {
        bool rate_begins = true, tail_begins = true;
        const std::vector<SeriesPoint>& points = measurement.series[round].points;
        for (std::size_t index = 0; index < points.size(); ++index) {
            const ChartValue x{++place, format("{}/{}", round + 1, index + 1)};
            series.rates.push_back(
                {x,
                 {points[index].per_second, quantity(points[index].per_second, of_rate)},
                 {},
                 {},
                 {},
                 rate_begins});
            rate_begins = false;
            if (const auto p99 = points[index].p99;
                p99 && *p99 > 0 && measurement.unit == Unit::nanoseconds) {
                series.tails.push_back(
                    {x, {*p99, quantity(p99, measurement.unit)}, {}, {}, {}, tail_begins});
                tail_begins = false;
            }
        }
        place += kGapOfRounds;
    }
    return series;
}

/// Of each stretch the lowest and the highest in their order, so that no dip and no peak is lost.
std::vector<ChartPoint> thinned(const std::vector<ChartPoint>& points) {
    if (points.size() <= kMostChartPoints)
        return points;
    std::vector<ChartPoint> kept;
    const std::size_t stretches = kMostChartPoints / 2;
    bool begins = false;
    for (std::size_t stretch = 0; stretch < stretches; ++stretch) {
        const auto from =
            points.begin() + static_cast<std::ptrdiff_t>(stretch * points.size() / stretches);
        const auto to =
            points.begin() + static_cast<std::ptrdiff_t>((stretch + 1) * points.size() / stretches);
        auto [low, high] = std::ranges::minmax_element(
            from, to, {}, [](const ChartPoint& point) { return point.y.at; });
        if (high < low)
            std::swap(low, high);
        begins = std::any_of(from, to, [](const ChartPoint& point) { return point.begins; });
        kept.push_back(*low);
        kept.back().begins = begins;
        if (high != low) {
            kept.push_back(*high);
            kept.back().begins = false;
        }
    }
    return kept;
}

std::string x_title(const Measurement& measurement) {
    const double interval = measurement.series.front().interval_s;
    return format(
        "round/point ({} a point)",
        quantity(interval * static_cast<double>(kNanosecondsPerSecond), Unit::nanoseconds));
}

struct Kind {
    std::string_view words;
    std::string y_title;
    bool has_log_y = false;
};

void add(ChartDrafts& drafts, const std::string& category, const Measurement& measurement,
         const Kind& kind, const std::vector<ChartPoint>& points) {
    if (points.size() < 2)
        return;
    ChartDraft draft;
    draft.id = measurement.metric + ": " + std::string(kind.words);
    if (drafts.size() >= kMostDrafts ||
        std::ranges::find(drafts, draft.id, &ChartDraft::id) != drafts.end())
        return;  // the first conditions of a metric are its headline
    draft.chart.category = category;
    draft.chart.title = draft.id;
    draft.chart.x = {x_title(measurement), false, true};
    draft.chart.y = {kind.y_title, kind.has_log_y, true};
    std::vector<ChartPoint> kept = thinned(points);
    if (kept.size() < points.size())
        draft.chart.note = format(
            "Of {} points the lowest and the highest of each stretch of about {} are drawn; "
            "all are in the result file.",
            points.size(), points.size() * 2 / kMostChartPoints);
    draft.lines.push_back(
        {asked_conditions(measurement, ""), conditions_text(measurement), "", std::move(kept)});
    drafts.push_back(std::move(draft));
}

}  // namespace

void add_series(const ProbeResult& probe, ChartDrafts& drafts) {
    const std::string category = probe.id.substr(0, probe.id.find('.'));
    for (const Measurement& measurement : probe.measurements) {
        if (measurement.series.empty())
            continue;
        const Series series = series_of(measurement);
        const bool is_bytes = measurement.unit == Unit::bytes_per_second;
        const bool is_flop = measurement.unit == Unit::flop_per_second;
        add(drafts, category, measurement,
            {is_bytes ? "bytes a second, round by round" : "operations a second, round by round",
             is_bytes  ? "rate (B/s)"
             : is_flop ? "rate (FLOP/s)"
                       : "rate (op/s)",
             false},
            series.rates);
        add(drafts, category, measurement, {"p99, round by round", axis_title(measurement), true},
            series.tails);
    }
}

}  // namespace assay::report
