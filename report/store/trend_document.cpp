#include <algorithm>
#include <cmath>
#include <utility>

#include "report/format.h"
#include "report/json_parts.h"
#include "report/quantity.h"
#include "report/store/trend.h"

namespace assay::store {
namespace {

using report::Document;
using report::format;
using report::Json;
using report::Mark;
using report::Row;
using report::Section;
using score::ChangeKind;

constexpr std::size_t kMostRows = 200;
constexpr std::size_t kMostAlarms = 20;
constexpr std::size_t kMostFacts = 6;

/// What the newest runs are, for the table.
ChangeKind state_of(const Trend& trend) {
    if (trend.found.is_worse())
        return ChangeKind::worse;
    return trend.alarms.empty() ? ChangeKind::other : trend.alarms.back().kind;
}

std::string state_text(const Trend& trend) {
    if (trend.series.points.size() <= score::kFewestForBand)
        return "too few runs";
    switch (state_of(trend)) {
        case ChangeKind::worse:
            return "worse";
        case ChangeKind::better:
            return "better";
        case ChangeKind::other:
            return trend.alarms.empty() ? "steady" : "changed";
    }
    return "";
}

Mark mark_of(ChangeKind kind) {
    return kind == ChangeKind::worse    ? Mark::bad
           : kind == ChangeKind::better ? Mark::good
                                        : Mark::none;
}

Row row_of(const Trend& trend) {
    const SeriesPoint& first = trend.series.points.front();
    const SeriesPoint& last = trend.series.points.back();
    std::string change = "-";
    if (first.median != 0 && trend.series.points.size() > 1) {
        const double ratio = last.median / first.median - 1;
        change = (ratio < 0 ? "-" : "+") + report::percent(std::fabs(ratio));
    }
    return {
        {trend.series.metric, trend.series.conditions, std::to_string(trend.series.points.size()),
         report::quantity(last.median, trend.series.unit), change, state_text(trend)},
        "",
        mark_of(state_of(trend)),
        {}};
}

std::string environment_text(const std::vector<report::EnvironmentChange>& changes) {
    if (changes.empty())
        return "The environment's fingerprint did not change then.";
    std::string text = "The environment changed then (within two runs): ";
    for (std::size_t index = 0; index < changes.size() && index < kMostFacts; ++index)
        text += format("{}{}: {} \u2192 {}", index == 0 ? "" : "; ", changes[index].path,
                       changes[index].before, changes[index].after);
    if (changes.size() > kMostFacts)
        text += format("; and {} more", changes.size() - kMostFacts);
    return text + ".";
}

void add_notes(Document& document, const Trend& trend) {
    for (const Alarm& alarm : trend.alarms) {
        if (document.notes.size() == kMostAlarms)
            return;
        document.notes.push_back(
            {alarm.kind == ChangeKind::worse ? Mark::bad : mark_of(alarm.kind),
             format("{} ({}): {}, {}", trend.series.metric, trend.series.conditions, alarm.what,
                    alarm.at),
             format("{} See 'assay history diff {} {}'.", environment_text(alarm.environment),
                    alarm.before_run, alarm.at_run)});
    }
}

Json from_alarm(const Alarm& alarm) {
    constexpr std::string_view kNames[] = {"better", "worse", "other"};
    return {
        {"kind", kNames[static_cast<std::size_t>(alarm.kind)]},
        {"what", alarm.what},
        {"before_run", alarm.before_run},
        {"at_run", alarm.at_run},
        {"at", alarm.at},
        {"environment", report::from_list(alarm.environment, [](const auto& change) {
             return Json{{"fact", change.path}, {"before", change.before}, {"after", change.after}};
         })}};
}

Json from_trend(const Trend& trend) {
    return {{"host", trend.series.host},
            {"metric", trend.series.metric},
            {"conditions", trend.series.conditions},
            {"unit", symbol(trend.series.unit)},
            {"better", name_of(trend.series.better)},
            {"state", state_text(trend)},
            {"alarms", report::from_list(trend.alarms, from_alarm)},
            {"points", report::from_list(trend.series.points, [](const SeriesPoint& point) {
                 return Json{{"run", point.run},
                             {"started_at", point.started_at},
                             {"median", report::number(point.median)},
                             {"ci95_low", report::maybe(point.low)},
                             {"ci95_high", report::maybe(point.high)}};
             })}};
}

}  // namespace

Document document_of_trends(const std::string& host, const std::vector<Trend>& trends) {
    std::vector<const Trend*> order;
    for (const Trend& trend : trends)
        order.push_back(&trend);
    const auto rank = [](const Trend* trend) {
        const ChangeKind state = state_of(*trend);
        return state == ChangeKind::worse ? 0 : state == ChangeKind::better ? 1 : 2;
    };
    // Of one rank as they came: they lie in one vector.
    std::ranges::sort(order, {}, [&](const Trend* trend) { return std::pair(rank(trend), trend); });
    const auto worse = static_cast<std::size_t>(
        std::ranges::count_if(order, [&](const Trend* trend) { return rank(trend) == 0; }));
    Document document;
    document.title = host;
    document.mark = worse > 0 ? Mark::bad : Mark::good;
    document.facts = {{"series", std::to_string(trends.size())}, {"worse", std::to_string(worse)}};
    Section section;
    section.title = "metric";
    section.columns = {{"metric", false}, {"conditions", false}, {"runs", true},
                       {"last", true},    {"since first", true}, {"state", false}};
    for (const Trend* trend : order) {
        if (section.rows.size() == kMostRows) {
            section.rows.push_back({{"more"}, "choose with --metric GLOB", Mark::absent, {}});
            break;
        }
        section.rows.push_back(row_of(*trend));
        add_notes(document, *trend);
    }
    document.sections.push_back(std::move(section));
    document.notes_title = "changes";
    return document;
}

std::string trends_to_json(const std::vector<Trend>& trends) {
    return report::document_text(report::from_list(trends, from_trend));
}

}  // namespace assay::store
