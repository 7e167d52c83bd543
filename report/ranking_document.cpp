#include "report/document.h"
#include "report/format.h"
#include "report/quantity.h"
#include "report/verdict_sections.h"

namespace assay::report {
namespace {

std::string ratio_of(const Verdict& verdict, std::string_view category) {
    for (const CategoryScore& row : verdict.categories)
        if (row.name == category && row.ratio)
            return score_text(*row.ratio);
    return "-";
}

Row row_of(const score::Ranked& ranked, const score::Candidate& candidate) {
    const Verdict& verdict = candidate.verdict;
    Row row;
    row.mark = mark_of(verdict.decision);
    row.cells = {candidate.name, format("{}{}", ranked.rank, ranked.is_tied ? " tied" : ""),
                 std::string(name_of(verdict.decision)),
                 verdict.overall ? score_text(*verdict.overall) : "-",
                 verdict.overall_low
                     ? format("{:.2f} to {:.2f}", *verdict.overall_low, *verdict.overall_high)
                     : "-"};
    for (const char* category : {"cpu", "memory", "storage", "network"})
        row.cells.push_back(ratio_of(verdict, category));
    return row;
}

}  // namespace

Document document_of_ranking(const Run& source, std::span<const score::Candidate> candidates,
                             const score::Ranking& ranking) {
    Document document;
    document.title = format("{} targets", candidates.size());
    document.facts = {{"against source", name_of_side(source)}};
    if (!candidates.empty() && candidates.front().verdict.policy != "default")
        document.facts.push_back({"policy", candidates.front().verdict.policy});
    Section section;
    section.title = "target";
    section.columns = {{"target", false}, {"rank", false},          {"decision", false},
                       {"overall", true}, {"95 % interval", false}, {"cpu", true},
                       {"memory", true},  {"storage", true},        {"network", true}};
    for (const score::Ranked& ranked : ranking.order)
        section.rows.push_back(row_of(ranked, candidates[ranked.candidate]));
    document.sections.push_back(std::move(section));
    document.notes_title = "recommendation";
    document.notes.push_back({Mark::none, ranking.recommendation, ""});
    return document;
}

}  // namespace assay::report
