#include "report/json_parts.h"
#include "report/store/trend.h"

namespace assay::store {
namespace {

using report::Json;

std::string_view name_of_kind(score::ChangeKind kind) {
    switch (kind) {
        case score::ChangeKind::better:
            return "better";
        case score::ChangeKind::worse:
            return "worse";
        case score::ChangeKind::other:
            break;
    }
    return "other";
}

Json from_alarm(const Alarm& alarm) {
    return {
        {"kind", name_of_kind(alarm.kind)},
        {"what", alarm.what},
        {"before_run", alarm.before_run},
        {"at_run", alarm.at_run},
        {"at", alarm.at},
        {"environment", report::from_list(alarm.environment, [](const auto& change) {
             return Json{{"fact", change.path}, {"before", change.before}, {"after", change.after}};
         })}};
}

Json from_band(const score::Band& band) {
    return {{"median", report::number(band.median)},
            {"low", report::number(band.low)},
            {"high", report::number(band.high)}};
}

Json from_drift(const Series& series, const score::Drift& drift) {
    return {{"from_run", series.points[drift.from].run},
            {"begins", report::number(drift.begins)},
            {"ends", report::number(drift.ends)},
            {"per_run_ratio", report::number(drift.per_run)},
            {"total_ratio", report::number(drift.total)},
            {"p_value", report::number(drift.p_value)},
            {"kind", name_of_kind(drift.kind)}};
}

Json from_trend(const Trend& trend) {
    const Series& series = trend.series;
    const auto from_change = [&](const score::LevelChange& change) {
        return Json{{"at_run", series.points[change.at].run},
                    {"before", report::number(change.before)},
                    {"after", report::number(change.after)},
                    {"change_ratio", report::number(change.ratio)},
                    {"p_value", report::number(change.p_value)},
                    {"kind", name_of_kind(change.kind)}};
    };
    const auto& [band, changes, drift] = trend.found;
    Json entry{{"host", series.host},
               {"metric", series.metric},
               {"conditions", series.conditions},
               {"unit", symbol(series.unit)},
               {"better", name_of(series.better)},
               {"state", state_text(trend)},
               {"since_first_ratio", report::maybe(since_first(series))},
               {"alarms", report::from_list(trend.alarms, from_alarm)},
               {"band", band ? from_band(*band) : Json(nullptr)},
               {"changes", report::from_list(changes, from_change)},
               {"drift", drift ? from_drift(series, *drift) : Json(nullptr)},
               {"points", report::from_list(series.points, [](const SeriesPoint& point) {
                    return Json{{"run", point.run},
                                {"started_at", point.started_at},
                                {"median", report::number(point.median)},
                                {"ci95_low", report::maybe(point.low)},
                                {"ci95_high", report::maybe(point.high)}};
                })}};
    if (trend.is_redacted)
        entry["redacted"] = "partner";
    return entry;
}

}  // namespace

std::string trends_to_json(const std::vector<Trend>& trends) {
    return report::document_text(report::from_list(trends, from_trend));
}

}  // namespace assay::store
