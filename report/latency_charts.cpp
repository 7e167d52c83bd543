#include <algorithm>
#include <cmath>

#include "report/chart_draft.h"
#include "report/condition_text.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

/// Fewer are no curve.
constexpr std::size_t kFewestPercentiles = 3;

struct Bound {
    std::string name;
    double share = 0;  ///< of the operations at or below it
    double value = 0;
};

/// From the fastest operation over the known percentiles to the slowest, without what repeats or
/// has no place on a logarithmic axis.
std::vector<Bound> bounds_of(const Percentiles& percentiles) {
    std::vector<Bound> bounds;
    const auto add = [&](std::string name, double share, std::optional<double> value) {
        if (value && *value > 0 && (bounds.empty() || *value >= bounds.back().value))
            bounds.push_back({std::move(name), share, *value});
    };
    add("min", 0, percentiles.min);
    for (std::size_t index = 0; index < kPercentileNames.size(); ++index)
        add(std::string(kPercentileNames[index].name), kPercentileNames[index].fraction,
            percentiles.values[index]);
    add("max", 1, percentiles.max);
    return bounds;
}

/// Tails are told apart by what lies beyond them: each step of ten is one length of the axis. The
/// slowest of n operations stands where 1/n does.
double place_of(double share, std::uint64_t count) {
    return -std::log10(std::max(1 - share, 1.0 / static_cast<double>(count)));
}

std::vector<ChartPoint> percentile_points(const Measurement& measurement) {
    std::vector<ChartPoint> points;
    const Percentiles& percentiles = *measurement.percentiles;
    if (percentiles.count == 0)
        return {};
    for (const Bound& bound : bounds_of(percentiles)) {
        const double place = place_of(bound.share, percentiles.count);
        if (bound.name != "min" && (points.empty() || place > points.back().x.at))
            points.push_back({{place, bound.name},
                              {bound.value, quantity(bound.value, measurement.unit)},
                              {},
                              {},
                              {},
                              false});
    }
    return points.size() < kFewestPercentiles ? std::vector<ChartPoint>{} : points;
}

/// The area of each step is the share of the operations between its two bounds.
std::vector<ChartPoint> histogram_points(const Measurement& measurement) {
    const std::vector<Bound> bounds = bounds_of(*measurement.percentiles);
    std::vector<ChartPoint> points;
    if (bounds.size() < kFewestPercentiles)
        return points;
    Bound from = bounds.front();
    for (const Bound& to : bounds) {
        if (to.value <= from.value)
            continue;  // no width: its share goes into the next step
        const double height = (to.share - from.share) / std::log10(to.value / from.value);
        points.push_back({{to.value, quantity(to.value, measurement.unit)},
                          {height, from.name + " to " + to.name},
                          {},
                          {},
                          ChartValue{from.value, quantity(from.value, measurement.unit)},
                          false});
        from = to;
    }
    return points;
}

void add(ChartDrafts& drafts, ChartDraft like, const Measurement& measurement,
         std::vector<ChartPoint> points) {
    if (points.empty())
        return;
    auto found = std::ranges::find(drafts, like.id, &ChartDraft::id);
    if (found == drafts.end() && drafts.size() >= kMostDrafts)
        return;
    if (found == drafts.end())
        found = drafts.insert(drafts.end(), std::move(like));
    if (found->lines.size() == kMostDraftLines)
        return;
    found->lines.push_back(
        {asked_conditions(measurement, ""), conditions_text(measurement), "", std::move(points)});
}

}  // namespace

void add_latencies(const ProbeResult& probe, ChartDrafts& drafts) {
    for (const Measurement& measurement : probe.measurements) {
        if (!measurement.percentiles)
            continue;
        ChartDraft draft;
        draft.chart.category = probe.id.substr(0, probe.id.find('.'));
        draft.id = measurement.metric + ": percentiles";
        draft.chart.title = draft.id;
        draft.chart.x = {"percentile (a step of ten in what is slower is one length)", false, true};
        draft.chart.y = {axis_title(measurement), true, true};
        add(drafts, draft, measurement, percentile_points(measurement));
        draft.id = measurement.metric + ": histogram";
        draft.chart.title = draft.id;
        draft.chart.form = ChartForm::steps;
        draft.chart.x = {axis_title(measurement), true, true};
        draft.chart.y = {"operations (a step's area is their share)", false, false};
        add(drafts, draft, measurement, histogram_points(measurement));
    }
}

}  // namespace assay::report
