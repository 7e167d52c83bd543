#include "report/store/history_document.h"

#include <cmath>
#include <map>
#include <utility>

#include "report/format.h"
#include "report/json_parts.h"
#include "report/quantity.h"

namespace assay::store {
namespace {

using report::Column;
using report::Document;
using report::format;
using report::Json;
using report::Mark;
using report::Row;
using report::Section;

constexpr std::size_t kMostRows = 400;

std::string short_id(const std::string& run_id) {
    constexpr std::size_t kShown = 8;
    return run_id.substr(0, kShown);
}

std::string notes_of(const RunRow& run) {
    std::string text = run.is_baseline ? "baseline" : "";
    if (!run.has_document)
        text += std::string(text.empty() ? "" : ", ") + "pruned";
    return text;
}

Json from_run(const RunRow& run) {
    return {{"number", run.number},
            {"run_id", run.run_id},
            {"label", run.label},
            {"host", run.host},
            {"started_at", run.started_at},
            {"profile", run.profile},
            {"tool_version", run.tool_version},
            {"duration_s", report::number(run.duration_s)},
            {"valid", run.valid},
            {"has_document", run.has_document},
            {"is_baseline", run.is_baseline}};
}

std::string name_of_run(const RunRow& run) {
    return format("{} ({}, {}, {})", run.number, run.label, run.profile, run.started_at);
}

/// How much better or worse: the sign is that of the change, the mark says which it is. The
/// intervals say whether it is more than the noise of both.
Row row_of_change(const Series& before, const Series& after) {
    const SeriesPoint& old = before.points.front();
    const SeriesPoint& now = after.points.front();
    Row row;
    row.cells = {after.metric, after.conditions, report::quantity(old.median, after.unit),
                 report::quantity(now.median, after.unit)};
    if (old.median == 0) {
        row.cells.push_back(now.median == 0 ? "=" : "-");
        return row;
    }
    const double change = now.median / old.median - 1;
    const bool apart = old.low && old.high && now.low && now.high &&
                       (*now.low > *old.high || *now.high < *old.low);
    row.cells.push_back((change < 0 ? "-" : "+") + report::percent(std::fabs(change)) +
                        (apart ? "" : " ~"));
    const bool is_worse = after.better == Better::higher ? change < 0 : change > 0;
    if (apart && after.better != Better::neither)
        row.mark = is_worse ? Mark::warning : Mark::good;
    return row;
}

Section section_of_numbers(const RunPair& pair) {
    Section section;
    section.title = "numbers";
    section.columns = {{"numbers", false},
                       {"conditions", false},
                       {"before", true},
                       {"after", true},
                       {"change", true}};
    std::map<std::pair<std::string_view, std::string_view>, const Series*> before;
    for (const Series& series : pair.before_medians)
        before[{series.metric, series.conditions}] = &series;
    for (const Series& series : pair.after_medians) {
        const auto old = before.find({series.metric, series.conditions});
        if (old == before.end())
            continue;
        if (section.rows.size() == kMostRows) {
            section.rows.push_back({{"more"}, "in the two documents", Mark::absent, {}});
            break;
        }
        section.rows.push_back(row_of_change(*old->second, series));
    }
    return section;
}

}  // namespace

Document document_of_runs(const std::vector<RunRow>& runs, const std::string& title) {
    Document document;
    document.title = title;
    document.facts = {{"runs", std::to_string(runs.size())}};
    Section section;
    section.title = "run";
    section.columns = {{"run", true},      {"started", false}, {"host", false}, {"label", false},
                       {"profile", false}, {"id", false},      {"notes", false}};
    for (const RunRow& run : runs) {
        Row row{{std::to_string(run.number), run.started_at, run.host, run.label, run.profile,
                 short_id(run.run_id), notes_of(run)},
                "",
                run.valid ? Mark::none : Mark::warning,
                {}};
        if (!run.valid)
            row.cells.back() += std::string(row.cells.back().empty() ? "" : ", ") + "not valid";
        section.rows.push_back(std::move(row));
    }
    document.sections.push_back(std::move(section));
    return document;
}

std::string runs_to_json(const std::vector<RunRow>& runs) {
    return report::document_text(report::from_list(runs, from_run));
}

Section section_of_changes(const std::vector<report::EnvironmentChange>& changes,
                           std::size_t most_rows) {
    Section section;
    section.title = "environment";
    section.columns = {{"environment", false}, {"before", false}, {"after", false}};
    for (const report::EnvironmentChange& change : changes) {
        if (section.rows.size() == most_rows) {
            section.rows.push_back({{"more"},
                                    format("{} further facts differ", changes.size() - most_rows),
                                    Mark::absent,
                                    {}});
            break;
        }
        section.rows.push_back({{change.path, change.before, change.after}, "", Mark::none, {}});
    }
    if (changes.empty())
        section.rows.push_back({{"nothing"}, "no fact of the fingerprint differs", Mark::none, {}});
    return section;
}

Document document_of_pair(const RunPair& pair) {
    Document document;
    document.title = "diff";
    document.facts = {{"before", name_of_run(pair.before)}, {"after", name_of_run(pair.after)}};
    document.sections.push_back(section_of_numbers(pair));
    if (document.sections.back().rows.empty())
        document.sections.back().rows.push_back(
            {{"none"}, "no metric was measured under equal conditions in both", Mark::absent, {}});
    document.sections.push_back(section_of_changes(
        report::environment_diff(pair.before_facts, pair.after_facts), kMostRows));
    document.notes_title = "reading";
    document.notes = {{Mark::none,
                       "~ the 95 % intervals of the two medians overlap, or are not known: no "
                       "proven difference",
                       ""}};
    return document;
}

}  // namespace assay::store
