#include "report/store/trend.h"

#include <algorithm>
#include <cmath>

#include "report/format.h"
#include "report/quantity.h"

namespace assay::store {
namespace {

using report::format;
using report::percent;
using report::quantity;
using score::ChangeKind;

/// A place of a change is right to within so many runs.
constexpr std::size_t kPlaceIsWithin = 2;

std::vector<double> values_of(const Series& series) {
    std::vector<double> values;
    for (const SeriesPoint& point : series.points)
        values.push_back(point.median);
    return values;
}

std::string signed_percent(double ratio) {
    return (ratio < 0 ? "-" : "+") + percent(std::fabs(ratio));
}

std::string certainty(double p_value) {
    return p_value < 1e-6 ? "p < 0.000001" : format("p = {:.6f}", p_value);
}

Expected<Alarm> alarm_at(Store& store, const Series& series, std::size_t before, std::size_t at,
                         ChangeKind kind) {
    Alarm alarm{.what = {},
                .kind = kind,
                .before_run = series.points[before].run,
                .at_run = series.points[at].run,
                .at = series.points[at].started_at,
                .environment = {}};
    // Noise can move the place by a run or two, so that the cause may lie beside it.
    const std::size_t earlier = before - std::min(before, kPlaceIsWithin);
    const std::size_t later = std::min(at + kPlaceIsWithin, series.points.size() - 1);
    ASSAY_TRY(const std::vector<Fact> old_facts, store.facts(series.points[earlier].run));
    ASSAY_TRY(const std::vector<Fact> new_facts, store.facts(series.points[later].run));
    alarm.environment = report::environment_diff(old_facts, new_facts);
    return alarm;
}

Expected<void> add_alarms(Store& store, Trend& trend) {
    const Series& series = trend.series;
    const std::size_t last = series.points.size() - 1;
    for (const score::LevelChange& change : trend.found.changes) {
        ASSAY_TRY(Alarm alarm, alarm_at(store, series, change.at - 1, change.at, change.kind));
        alarm.what =
            format("from run {} on {} instead of {} ({}, {})", alarm.at_run,
                   quantity(change.after, series.unit), quantity(change.before, series.unit),
                   signed_percent(change.ratio), certainty(change.p_value));
        trend.alarms.push_back(std::move(alarm));
    }
    if (const auto& drift = trend.found.drift) {
        ASSAY_TRY(Alarm alarm, alarm_at(store, series, drift->from, last, drift->kind));
        alarm.what = format("drifts since run {}: {} in all, {} a run ({})", alarm.before_run,
                            signed_percent(drift->total), signed_percent(drift->per_run),
                            certainty(drift->p_value));
        trend.alarms.push_back(std::move(alarm));
    }
    if (const auto& band = trend.found.band; band && band->is_left) {
        ASSAY_TRY(Alarm alarm, alarm_at(store, series, last - 1, last, band->kind));
        alarm.what =
            format("run {} is outside {} to {}, the band of the {} runs before it", alarm.at_run,
                   quantity(band->low, series.unit), quantity(band->high, series.unit), last);
        trend.alarms.push_back(std::move(alarm));
    }
    return {};
}

}  // namespace

Expected<std::vector<Trend>> trends_of(Store& store, const SeriesFilter& filter) {
    ASSAY_TRY(std::vector<Series> all, store.series(filter));
    std::vector<Trend> trends;
    for (Series& series : all) {
        Trend trend;
        trend.found = score::find_degradation(values_of(series), series.better);
        trend.series = std::move(series);
        ASSAY_TRY_VOID(add_alarms(store, trend));
        trends.push_back(std::move(trend));
    }
    return trends;
}

}  // namespace assay::store
