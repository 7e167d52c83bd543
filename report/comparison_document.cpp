#include <algorithm>

#include "engine/score/recommend.h"
#include "report/document.h"
#include "report/format.h"
#include "report/json_writer.h"
#include "report/quantity.h"
#include "report/recommendation_text.h"

namespace assay::report {
namespace {

Mark mark_of(Decision decision) {
    switch (decision) {
        case Decision::go:
            return Mark::good;
        case Decision::go_with_conditions:
            return Mark::warning;
        case Decision::no_go:
            return Mark::bad;
        case Decision::inconclusive:
            return Mark::absent;
    }
    return Mark::absent;
}

Mark mark_of(Grade grade) {
    if (grade == Grade::excellent || grade == Grade::good)
        return Mark::good;
    return grade == Grade::adequate ? Mark::warning : Mark::bad;
}

std::string name_of_side(const Run& run) {
    return run.label.empty() ? run.run_id : run.label;
}

std::string interval_text(const std::optional<double>& low, const std::optional<double>& high) {
    if (!low || !high)
        return "-";
    return format("{:.2f} to {:.2f}", *low, *high);
}

std::string probability_text(double probability) {
    if (probability > 0.9995)
        return "over 0.999";
    return probability < 0.0005 ? "under 0.001" : format("{:.3f}", probability);
}

/// Sum of the policy's weights over what was compared.
double compared_weight(const Verdict& verdict) {
    double total = 0;
    for (const CategoryScore& row : verdict.categories)
        if (row.ratio)
            total += row.weight;
    return total;
}

Row row_of(const CategoryScore& category, const Run& source, double total_weight) {
    Row row;
    if (!category.ratio) {
        row.cells = {category.name, "-"};
        row.note = "not compared: " + category.not_compared.value_or("no reason given");
        row.mark = Mark::absent;
        return row;
    }
    const MetricRatio& metric = category.metrics.front();
    const Unit unit = unit_of_metric(source, metric.metric).value_or(Unit::count);
    row.cells = {category.name,
                 total_weight > 0 ? percent(category.weight / total_weight) : "-",
                 score_text(*category.ratio),
                 std::string(name_of(*category.grade)),
                 quantity(metric.source, unit) + " \u2192 " + quantity(metric.target, unit),
                 interval_text(metric.ratio_low, metric.ratio_high)};
    row.mark = mark_of(*category.grade);
    row.bar = *category.ratio;
    return row;
}

Section section_of(const Run& source, const Verdict& verdict) {
    Section section;
    section.title = "categories";
    section.columns = {{"category", false},
                       {"weight", true},
                       {"ratio", true},
                       {"grade", false},
                       {"source \u2192 target", false},
                       {"95 % interval", false}};
    section.has_bars = true;
    const double total = compared_weight(verdict);
    for (const CategoryScore& category : verdict.categories)
        section.rows.push_back(row_of(category, source, total));
    return section;
}

/// What each ratio was taken from.
Section evidence_of(const Verdict& verdict) {
    Section section;
    section.title = "measured by";
    section.columns = {{"measured by", false}, {"", false}};
    for (const CategoryScore& category : verdict.categories)
        for (const MetricRatio& metric : category.metrics)
            section.rows.push_back(
                {{category.name, metric.conditions.empty()
                                     ? metric.metric
                                     : metric.metric + " (" + metric.conditions + ")"},
                 "",
                 Mark::none,
                 {}});
    return section;
}

std::string overall_text(const Verdict& verdict) {
    if (!verdict.overall)
        return "no score: nothing was compared";
    std::string text = score_text(*verdict.overall) + " " + std::string(name_of(*verdict.grade));
    if (*verdict.grade != grade_of(*verdict.overall))
        text += " (held down by " + verdict.weakest.value_or("the weakest category") + ")";
    if (verdict.overall_low)
        text += format(" [{}]", interval_text(verdict.overall_low, verdict.overall_high));
    return text;
}

std::string weakest_text(const Verdict& verdict) {
    for (const CategoryScore& row : verdict.categories)
        if (verdict.weakest == row.name && row.ratio)
            return row.name + " " + score_text(*row.ratio);
    return "-";
}

/// What the weights were before, where a category is not in the score.
std::string renormalised_text(const Verdict& verdict) {
    std::string counted, policy;
    for (const CategoryScore& row : verdict.categories) {
        policy += (policy.empty() ? "" : ", ") + row.name + " " + percent(row.weight);
        if (row.ratio)
            counted += (counted.empty() ? "" : ", ") + row.name;
    }
    return format("renormalised over {} (policy: {})", counted, policy);
}

std::vector<std::string> next_steps_of(const Verdict& verdict) {
    switch (verdict.decision) {
        case Decision::go:
            return {"Keep both files: they are the evidence."};
        case Decision::go_with_conditions:
            return {"Accept each condition by name, or improve the target and run it again."};
        case Decision::no_go:
            return {"Improve the target where it is named above, run it again, and compare again."};
        case Decision::inconclusive:
            return {"Remove each reason above, then compare again. This is no pass."};
    }
    return {};
}

}  // namespace

Document document_of(const Run& source, const Run& target, const Verdict& verdict) {
    Document document;
    document.title = name_of(verdict.decision);
    document.mark = mark_of(verdict.decision);
    document.facts = {
        {"target", name_of_side(target)},
        {"against source", name_of_side(source)},
        {"overall", overall_text(verdict)},
    };
    if (verdict.geometric)
        document.facts.push_back({"geometric", score_text(*verdict.geometric)});
    if (verdict.weakest)
        document.facts.push_back({"weakest", weakest_text(verdict)});
    if (verdict.overall_probability)
        document.facts.push_back(
            {"P(overall enough for GO)", probability_text(*verdict.overall_probability)});
    const bool all_compared = std::ranges::all_of(
        verdict.categories, [](const CategoryScore& row) { return row.ratio.has_value(); });
    if (verdict.overall && !all_compared)
        document.facts.push_back({"weights", renormalised_text(verdict)});
    document.sections = {section_of(source, verdict)};
    if (verdict.overall)
        document.sections.push_back(evidence_of(verdict));
    for (Section& section : sections_of(score::recommend(source, target, verdict)))
        document.sections.push_back(std::move(section));
    document.notes_title = "because";
    for (const std::string& reason : verdict.reasons)
        document.notes.push_back({document.mark, reason, ""});
    document.next_steps = next_steps_of(verdict);
    return document;
}

}  // namespace assay::report
