#include <algorithm>
#include <set>
#include <utility>

#include "report/html.h"
#include "report/store/trend.h"

namespace assay::store {
namespace {

constexpr std::size_t kMostFacts = 200;

constexpr const char* kMethod =
    "Each point is the median of one run over its rounds, with its 95 % interval where the rounds "
    "carry one; a series joins only what was measured on one machine under equal conditions. The "
    "runs stand in the order of time, evenly spaced, and the axis of values begins where they do, "
    "not at 0. Of 5 to 7 runs the last is held against a band around the median of those before "
    "it. From 8 runs on a new level is looked for (E-Divisive with a t-test, p below 0.001) and a "
    "slow drift in the newest level (Mann-Kendall, p below 0.001, its line after Theil-Sen); a "
    "change below 2 % is no alarm. Below 5 runs nothing can be said. "
    "Each number at an axis is one of the chart's table.";

/// Once for each place of an alarm: several numbers often change in the same run.
report::Section section_of_environments(const std::vector<Trend>& trends) {
    report::Section section;
    section.title = "environment: what changed around each alarm (within two runs)";
    section.columns = {
        {"run", true}, {"started", false}, {"fact", false}, {"before", false}, {"after", false}};
    std::set<std::pair<std::int64_t, std::int64_t>> seen;
    for (const Trend& trend : trends)
        for (const Alarm& alarm : trend.alarms) {
            if (!seen.insert({alarm.before_run, alarm.at_run}).second)
                continue;
            const std::string run = std::to_string(alarm.at_run);
            if (alarm.environment.empty())
                section.rows.push_back({{run, alarm.at},
                                        "no fact of the fingerprint changed",
                                        report::Mark::none,
                                        {}});
            for (const report::EnvironmentChange& change : alarm.environment) {
                if (section.rows.size() >= kMostFacts) {
                    section.rows.push_back({{"more"}, "in the JSON", report::Mark::absent, {}});
                    return section;
                }
                section.rows.push_back({{run, alarm.at, change.path, change.before, change.after},
                                        "",
                                        report::Mark::none,
                                        {}});
            }
        }
    return section;
}

/// From the oldest run to the newest. Times in UTC of one form sort as text.
std::string times_of(const std::vector<Trend>& trends) {
    std::string first, last;
    for (const Trend& trend : trends)
        for (const SeriesPoint& point : trend.series.points) {
            if (first.empty() || point.started_at < first)
                first = point.started_at;
            last = std::max(last, point.started_at);
        }
    return first.empty() ? "" : first == last ? first : first + " to " + last;
}

}  // namespace

std::string trends_to_html(const std::string& host, const std::vector<Trend>& trends) {
    report::Document document = document_of_trends(host, trends);
    document.title = "trends of " + host;
    if (const std::string times = times_of(trends); !times.empty())
        document.facts.insert(document.facts.begin(), {"runs", times});
    if (report::Section section = section_of_environments(trends); !section.rows.empty())
        document.sections.push_back(std::move(section));
    return report::document_to_html(document, kMethod, "'assay history trend --format json'");
}

}  // namespace assay::store
