#include <algorithm>

#include "report/document.h"
#include "report/format.h"
#include "report/quantity.h"
#include "report/verdict_sections.h"

namespace assay::report {
namespace {

std::string signed_percent(double change) {
    return (change >= 0 ? "+" : "") + percent(change);
}

std::string interval_text(const score::MetricChange& change) {
    if (!change.low || !change.high)
        return "-";
    return signed_percent(*change.low) + " to " + signed_percent(*change.high);
}

std::string p_text(const std::optional<double>& p) {
    if (!p)
        return "-";
    return *p < 0.0005 ? "under 0.001" : format("{:.3f}", *p);
}

Row row_of(const score::MetricChange& change) {
    Row row;
    row.cells = {
        change.metric,
        change.is_proven ? (change.is_better ? "better" : "worse") : "~",
        signed_percent(change.change),
        interval_text(change),
        p_text(change.p),
        quantity(change.before, change.unit) + " \u2192 " + quantity(change.after, change.unit)};
    if (change.is_proven)
        row.mark = change.is_better ? Mark::good : Mark::bad;
    return row;
}

std::string summary_of(const score::ChangeReport& report) {
    std::size_t better = 0, worse = 0;
    for (const score::MetricChange& change : report.changes)
        if (change.is_proven)
            ++(change.is_better ? better : worse);
    return format("{} better, {} worse, {} not proven", better, worse,
                  report.changes.size() - better - worse);
}

}  // namespace

Document document_of_change(const Run& before, const Run& after,
                            const score::ChangeReport& report) {
    Document document;
    document.title = "before and after";
    document.facts = {{"before", name_of_side(before) + ", " + before.started_at},
                      {"after", name_of_side(after) + ", " + after.started_at},
                      {"proven", summary_of(report)}};
    Section section;
    section.title = "metric";
    section.columns = {{"metric", false},        {"", false},  {"change", true},
                       {"95 % interval", false}, {"p", false}, {"before \u2192 after", false}};
    for (const score::MetricChange& change : report.changes)
        section.rows.push_back(row_of(change));
    document.sections.push_back(std::move(section));
    document.notes_title = "notes";
    document.notes.push_back(
        {Mark::none,
         "~ is a change that is not proven. p is of the exact Mann-Whitney test on the rounds, "
         "adjusted by Holm within the required metrics and within the others; proven is p of 0.05 "
         "or less with an interval that leaves 0 out.",
         ""});
    for (const std::string& sentence : report.limits_of_proof)
        document.notes.push_back({Mark::warning, sentence, ""});
    for (const std::string& sentence : report.not_compared)
        document.notes.push_back({Mark::absent, "Not compared: " + sentence + ".", ""});
    return document;
}

}  // namespace assay::report
