#include "report/json_parts.h"
#include "report/json_writer.h"
#include "report/recommendation_text.h"
#include "report/verdict_json.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::report {
namespace {

/// The requirement's words for a category that is a fifth or more below the source.
struct Warning {
    std::string_view category, what, consequence;
};
constexpr std::array kWarnings{
    Warning{"cpu", "CPU performance", "may slow restores and failover"},
    Warning{"memory", "Memory bandwidth", "may impact memory-intensive workloads"},
    Warning{"storage", "Storage IOPS", "may impact database workloads"},
    Warning{"network", "Network bandwidth", "may lengthen backups and restores"},
};
/// In the requirement's example 0.80 has a warning, 0.90 and 0.95 have none.
constexpr double kWarnsAt = 0.8;
/// The requirement's use case 1.
constexpr double kMayNotHandleLoad = 0.6;

Json compatible_warnings(const Verdict& verdict) {
    Json warnings = Json::array();
    if (verdict.overall && *verdict.overall < kMayNotHandleLoad)
        warnings.push_back("Target may not handle production load");
    for (const CategoryScore& row : verdict.categories) {
        const auto words = std::ranges::find(kWarnings, row.name, &Warning::category);
        if (!row.ratio)
            warnings.push_back(row.name + " was not compared: " + row.not_compared.value_or(""));
        else if (words != kWarnings.end() && *row.ratio <= kWarnsAt)
            warnings.push_back(std::string(words->what) + " " +
                               std::to_string(std::lround((1 - *row.ratio) * 100)) +
                               "% lower than source - " + std::string(words->consequence));
    }
    return warnings;
}

Json compatible_comparison(const Verdict& verdict) {
    // A score over a part of the categories would pass for the requirement's own.
    const bool is_whole = std::ranges::all_of(
        verdict.categories, [](const CategoryScore& row) { return row.ratio.has_value(); });
    Json json{{"overall_score", is_whole ? maybe(verdict.overall) : Json(nullptr)}};
    for (const CategoryScore& row : verdict.categories)
        append(json, row.name + "_ratio", maybe(row.ratio));
    append(json, "recommendation",
           is_whole && verdict.overall ? Json(name_of(grade_of(*verdict.overall)))
                                       : Json("Inconclusive"));
    append(json, "warnings", compatible_warnings(verdict));
    return json;
}

Json from_change(const score::MetricChange& change) {
    return {{"category", change.category},
            {"metric", change.metric},
            {"conditions", change.conditions},
            {"unit", symbol(change.unit)},
            {"before", maybe(change.before)},
            {"after", maybe(change.after)},
            {"change_ratio", number(change.change)},
            {"change_ci95_low", maybe(change.low)},
            {"change_ci95_high", maybe(change.high)},
            {"p_adjusted", maybe(change.p)},
            {"rounds_before", change.rounds_before},
            {"rounds_after", change.rounds_after},
            {"proven", change.is_proven},
            {"better", change.is_proven ? Json(change.is_better) : Json(nullptr)}};
}

/// `schema` and `tool`, then what all verdicts say.
Json begin(const Verdict& verdict, std::string_view schema) {
    Json json{{"schema", schema}, {"tool", {{"version", ASSAY_VERSION}}}};
    json.update(from_verdict_head(verdict));
    return json;
}

Json limits_of(const Verdict& verdict) {
    return from_list(verdict.limits, from_limit);
}

Json from_comparison(const Run& source, const Verdict& verdict, Json target) {
    Json json = begin(verdict, "assay.comparison/1");
    json.update({{"overall", maybe(verdict.overall)},
                 {"overall_ci95_low", maybe(verdict.overall_low)},
                 {"overall_ci95_high", maybe(verdict.overall_high)},
                 {"overall_probability", maybe(verdict.overall_probability)},
                 {"geometric", maybe(verdict.geometric)},
                 {"weakest", maybe_text(verdict.weakest)},
                 {"grade", verdict.grade ? Json(name_of(*verdict.grade)) : Json(nullptr)},
                 {"categories", from_list(verdict.categories,
                                          [&source](const CategoryScore& row) {
                                              return from_category(row, source);
                                          })},
                 {"limits", limits_of(verdict)},
                 {"recommendations", recommendations_json(verdict.recommendations)},
                 {"source", from_side(source)},
                 {"target", std::move(target)}});
    return json;
}

}  // namespace

std::string comparison_to_json(const Run& source, const Run& target, const Verdict& verdict) {
    return document_text(from_comparison(source, verdict, from_side(target)));
}

std::string compatible_to_json(const Run& target, const Verdict& verdict) {
    return document_text({{"benchmark_id", target.run_id},
                          {"status", "completed"},
                          {"comparison", compatible_comparison(verdict)}});
}

std::string ranking_to_json(const Run& source, std::span<const score::Candidate> candidates,
                            std::span<const Run> sides, const score::Ranking& ranking) {
    Json order = Json::array(), comparisons = Json::array();
    for (const score::Ranked& row : ranking.order) {
        const score::Candidate& candidate = candidates[row.candidate];
        order.push_back({{"rank", row.rank},
                         {"tied", row.is_tied},
                         {"target", candidate.name},
                         {"run_id", sides[row.candidate].run_id},
                         {"decision", name_of(candidate.verdict.decision)},
                         {"overall", maybe(candidate.verdict.overall)}});
    }
    for (std::size_t index = 0; index < candidates.size(); ++index)
        comparisons.push_back(
            from_comparison(source, candidates[index].verdict, from_side(sides[index])));
    return document_text({{"schema", "assay.ranking/1"},
                          {"tool", {{"version", ASSAY_VERSION}}},
                          {"recommendation", ranking.recommendation},
                          {"ranking", std::move(order)},
                          {"comparisons", std::move(comparisons)}});
}

std::string change_to_json(const Run& before, const Run& after, const score::ChangeReport& report) {
    return document_text({{"schema", "assay.change/1"},
                          {"tool", {{"version", ASSAY_VERSION}}},
                          {"changes", from_list(report.changes, from_change)},
                          {"not_compared", report.not_compared},
                          {"limits_of_proof", report.limits_of_proof},
                          {"before", from_side(before)},
                          {"after", from_side(after)}});
}

std::string check_to_json(const Run& run, const Verdict& verdict) {
    Json json = begin(verdict, "assay.check/1");
    json.update({{"limits", limits_of(verdict)}, {"host", from_side(run)}});
    return document_text(json);
}

}  // namespace assay::report
