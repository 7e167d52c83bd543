#include "report/run_charts.h"

#include <algorithm>
#include <sstream>

#include "report/chart_draft.h"

namespace assay::report {
namespace {

constexpr std::size_t kMostCharts = 64;
constexpr std::size_t kMostLines = 6;  ///< that an eye can follow
constexpr std::size_t kMostPairs = 2;  ///< of one metric, over each other

std::string joined(const std::string& left, const std::string& right) {
    return left + (left.empty() || right.empty() ? "" : ", ") + right;
}

void add_sentence(std::string& note, const std::string& sentence) {
    note += (note.empty() ? "" : " ") + sentence;
}

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

/// Lines that would have one name get what was asked of each and not of all: "load_percent=40".
void tell_apart(std::vector<DraftLine>& lines) {
    std::vector<std::string> names;
    for (const DraftLine& line : lines) {
        std::string name = line.shown;
        const auto is_namesake = [&](const DraftLine& other) {
            return other.shown == line.shown && other.statistic == line.statistic;
        };
        for (const std::string& word : words_of(line.key)) {
            const bool is_of_all = std::ranges::all_of(lines, [&](const DraftLine& other) {
                return !is_namesake(other) || std::ranges::count(words_of(other.key), word) == 1;
            });
            if (!is_of_all)
                name = joined(name, word);
        }
        names.push_back(std::move(name));
    }
    for (std::size_t index = 0; index < lines.size(); ++index)
        lines[index].shown = std::move(names[index]);
}

ChartDrafts drafts_of(const Run& run) {
    ChartDrafts drafts;
    for (const ProbeResult& probe : run.probes) {
        if (probe.status != ProbeStatus::measured)
            continue;
        add_curves(probe, drafts);
        add_latencies(probe, drafts);
        add_series(probe, drafts);
    }
    for (ChartDraft& draft : drafts)
        tell_apart(draft.lines);
    return drafts;
}

/// A histogram is read alone; curves can share a frame.
std::size_t most_lines_of(const Chart& chart) {
    return chart.form == ChartForm::steps ? 1 : kMostLines;
}

Chart finished(ChartDraft draft) {
    Chart chart = std::move(draft.chart);
    const std::size_t most = most_lines_of(chart);
    const bool is_one = draft.lines.size() == 1 || most == 1;
    if (is_one)
        chart.title = joined(chart.title, draft.lines.front().shown);
    for (DraftLine& line : draft.lines) {
        if (chart.lines.size() == most)
            break;
        chart.lines.push_back({is_one ? line.statistic : joined(line.shown, line.statistic),
                               ChartSide::only, std::move(line.points)});
    }
    if (draft.lines.size() > most)
        add_sentence(chart.note,
                     "Only the first conditions are drawn; all are in the result file.");
    return chart;
}

/// One host's answers to one question, in the order of the file; empty where it asked it twice and
/// so does not say which one is meant.
std::vector<const DraftLine*> lines_of(const ChartDraft& draft, const std::string& key) {
    std::vector<const DraftLine*> lines;
    for (const DraftLine& line : draft.lines)
        if (line.key == key) {
            if (std::ranges::any_of(lines, [&](const DraftLine* known) {
                    return known->statistic == line.statistic;
                }))
                return {};
            lines.push_back(&line);
        }
    return lines;
}

void add_side(Chart& chart, const std::vector<const DraftLine*>& lines, ChartSide side) {
    const std::string name = side == ChartSide::source ? "source" : "target";
    for (const DraftLine* line : lines)
        chart.lines.push_back({joined(name, line->statistic), side, line->points});
}

void add_overlays(const ChartDraft& source, const ChartDraft& target, std::vector<Chart>& charts) {
    std::vector<std::string> seen;
    const std::size_t most = charts.size() + kMostPairs;
    for (const DraftLine& line : source.lines) {
        if (std::ranges::find(seen, line.key) != seen.end())
            continue;
        seen.push_back(line.key);
        const auto ours = lines_of(source, line.key), theirs = lines_of(target, line.key);
        if (ours.empty() || theirs.empty())
            continue;
        if (charts.size() == std::min(most, kMostCharts))
            return;
        Chart& chart = charts.emplace_back(source.chart);
        chart.title = joined(chart.title, line.shown);
        if (target.chart.note != source.chart.note)
            add_sentence(chart.note, target.chart.note);
        add_side(chart, ours, ChartSide::source);
        add_side(chart, theirs, ChartSide::target);
    }
}

void say_that_there_is_more(std::vector<Chart>& charts) {
    add_sentence(charts.back().note, "More is in the result file than this page draws.");
}

}  // namespace

std::vector<Chart> charts_of(const Run& run) {
    std::vector<Chart> charts;
    for (ChartDraft& draft : drafts_of(run)) {
        if (charts.size() == kMostCharts) {
            say_that_there_is_more(charts);
            break;
        }
        charts.push_back(finished(std::move(draft)));
    }
    return charts;
}

std::vector<Chart> charts_of(const Run& source, const Run& target) {
    std::vector<Chart> charts;
    const ChartDrafts theirs = drafts_of(target);
    for (const ChartDraft& draft : drafts_of(source)) {
        const auto match = std::ranges::find(theirs, draft.id, &ChartDraft::id);
        if (match != theirs.end())
            add_overlays(draft, *match, charts);
    }
    if (charts.size() == kMostCharts)
        say_that_there_is_more(charts);
    return charts;
}

}  // namespace assay::report
