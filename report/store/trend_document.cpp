#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "report/format.h"
#include "report/quantity.h"
#include "report/store/trend.h"
#include "report/store/trend_chart.h"

namespace assay::store {
namespace {

using report::Document;
using report::format;
using report::Mark;
using report::Row;
using report::Section;
using score::ChangeKind;

constexpr std::size_t kMostRows = 200;
constexpr std::size_t kMostAlarms = 20;
constexpr std::size_t kMostFacts = 6;

bool has_too_few_runs(const Trend& trend) {
    return trend.series.points.size() <= score::kFewestForBand;
}

/// What a reader looks at first stands first.
constexpr std::array<std::string_view, 5> kStates{"worse", "better", "changed", "steady",
                                                  "too few runs"};

/// What the newest runs are, for the table.
ChangeKind state_of(const Trend& trend) {
    if (trend.found.is_worse())
        return ChangeKind::worse;
    return trend.alarms.empty() ? ChangeKind::other : trend.alarms.back().kind;
}

Mark mark_of(ChangeKind kind) {
    return kind == ChangeKind::worse    ? Mark::bad
           : kind == ChangeKind::better ? Mark::good
                                        : Mark::none;
}

Row row_of(const Trend& trend) {
    const SeriesPoint& last = trend.series.points.back();
    std::string change = "-";
    if (const auto ratio = since_first(trend.series))
        change = (*ratio < 0 ? "-" : "+") + report::percent(std::fabs(*ratio));
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

}  // namespace

std::string state_text(const Trend& trend) {
    if (has_too_few_runs(trend))
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

std::optional<double> since_first(const Series& series) {
    const double first = series.points.front().median;
    if (first == 0 || series.points.size() < 2)
        return std::nullopt;
    return series.points.back().median / first - 1;
}

Document document_of_trends(const std::string& host, const std::vector<Trend>& trends) {
    std::vector<const Trend*> order;
    for (const Trend& trend : trends)
        order.push_back(&trend);
    const auto rank = [](const Trend* trend) {
        return std::ranges::find(kStates, state_text(*trend)) - kStates.begin();
    };
    // Of one rank as they came: they lie in one vector.
    std::ranges::sort(order, {}, [&](const Trend* trend) { return std::pair(rank(trend), trend); });
    const auto worse = static_cast<std::size_t>(
        std::ranges::count_if(order, [&](const Trend* trend) { return rank(trend) == 0; }));
    Document document;
    document.title = host;
    const auto unjudged = static_cast<std::size_t>(std::ranges::count_if(trends, has_too_few_runs));
    document.mark = worse > 0 ? Mark::bad : unjudged == trends.size() ? Mark::absent : Mark::good;
    document.facts = {{"series", std::to_string(trends.size())}, {"worse", std::to_string(worse)}};
    if (unjudged > 0)
        document.facts.push_back({"too few runs", std::to_string(unjudged)});
    if (std::ranges::any_of(trends, &Trend::is_redacted))
        document.facts.push_back({"copy",
                                  "a partner's: names of hosts, addresses, serials and "
                                  "paths are pseudonyms"});
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
        document.charts.push_back(chart_of(*trend));
        document.charts.back().category = state_text(*trend);
        add_notes(document, *trend);
    }
    document.sections.push_back(std::move(section));
    document.notes_title = "changes";
    return document;
}

}  // namespace assay::store
