#include <algorithm>
#include <cmath>

#include "engine/score/score_text.h"
#include "report/document.h"
#include "report/format.h"
#include "report/json_writer.h"
#include "report/quantity.h"
#include "report/recommendation_text.h"
#include "report/run_charts.h"
#include "report/verdict_sections.h"

namespace assay::report {
namespace {

Mark mark_of(Grade grade) {
    if (grade == Grade::excellent || grade == Grade::good)
        return Mark::good;
    return grade == Grade::adequate ? Mark::warning : Mark::bad;
}

std::string interval_text(const std::optional<double>& low, const std::optional<double>& high) {
    if (!low || !high)
        return "-";
    return format("{:.2f} to {:.2f}", *low, *high);
}

/// Sum of the policy's weights over what was compared.
double compared_weight(const Verdict& verdict) {
    double total = 0;
    for (const CategoryScore& row : verdict.categories)
        if (row.ratio)
            total += row.weight;
    return total;
}

/// Weights that add up to 100 %, as far as one decimal carries: "37.5 %", but "40 %".
std::string weight_text(double weight) {
    constexpr double kWhole = 0.05;
    const double value = weight * 100;
    return format("{:.{}f} %", value, std::abs(value - std::round(value)) < kWhole ? 0 : 1);
}

Row row_of(const CategoryScore& category, double total_weight) {
    Row row;
    if (!category.ratio) {
        row.cells = {category.name, "-"};
        row.note = "not compared: " + category.not_compared.value_or("no reason given");
        row.mark = Mark::absent;
        return row;
    }
    row.cells = {
        category.name,
        total_weight > 0 ? weight_text(category.weight / total_weight) : "-",
        score_text(*category.ratio),
        std::string(name_of(*category.grade)),
        interval_text(category.ratio_low, category.ratio_high),
        category.floor_probability ? score::probability_text(*category.floor_probability) : "-"};
    row.mark = mark_of(*category.grade);
    row.bar = *category.ratio;
    return row;
}

Section section_of(const Verdict& verdict) {
    Section section;
    section.title = "categories";
    section.columns = {{"category", false}, {"weight", true},         {"ratio", true},
                       {"grade", false},    {"95 % interval", false}, {"P(enough)", false}};
    section.has_bars = true;
    const double total = compared_weight(verdict);
    for (const CategoryScore& category : verdict.categories)
        section.rows.push_back(row_of(category, total));
    return section;
}

Row metric_row(const MetricRatio& metric, const CategoryScore& category, const Run& source) {
    const Unit unit = unit_of_metric(source, metric.metric).value_or(Unit::count);
    return {{short_name(metric.metric, metric.statistic, category.name), percent(metric.weight),
             score_text(metric.ratio), interval_text(metric.ratio_low, metric.ratio_high),
             quantity(metric.source, unit) + " \u2192 " + quantity(metric.target, unit),
             metric.conditions},
            "",
            mark_of(grade_of(metric.ratio)),
            {}};
}

/// What one side has and the other has not, each with its reason; then what neither has.
void add_gaps(Section& section, const CategoryScore& category) {
    std::string neither;
    for (const MetricGap& gap : category.gaps) {
        const std::string name = short_name(gap.metric, gap.statistic, category.name);
        if (gap.is_one_sided)
            section.rows.push_back({{name}, "not compared: " + gap.why, Mark::warning, {}});
        else
            neither += (neither.empty() ? "" : ", ") + name;
    }
    if (!neither.empty())
        section.rows.push_back(
            {{"left out"}, "no usable number on either side: " + neither, Mark::absent, {}});
}

/// What each category's ratio was made of.
std::vector<Section> evidence_of(const Run& source, const Verdict& verdict) {
    std::vector<Section> sections;
    for (const CategoryScore& category : verdict.categories) {
        if (!category.ratio)
            continue;
        Section section;
        section.title = category.name;
        section.columns = {{category.name, false},
                           {"share", true},
                           {"ratio", true},
                           {"95 % interval", false},
                           {"source \u2192 target", false},
                           {"conditions", false}};
        for (const MetricRatio& metric : category.metrics)
            section.rows.push_back(metric_row(metric, category, source));
        add_gaps(section, category);
        sections.push_back(std::move(section));
    }
    return sections;
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
            return {"Keep the result files: they are the evidence."};
        case Decision::go_with_conditions:
            return {"Accept each condition by name, or improve the host and run it again."};
        case Decision::no_go:
            return {"Improve the host where it is named above, run it again, and judge it again."};
        case Decision::inconclusive:
            return {"Remove each reason above, then judge again. This is no pass."};
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
    if (verdict.policy != "default")
        document.facts.insert(document.facts.begin() + 2, {"policy", verdict.policy});
    if (verdict.geometric)
        document.facts.push_back({"geometric", score_text(*verdict.geometric)});
    if (verdict.weakest)
        document.facts.push_back({"weakest", weakest_text(verdict)});
    if (verdict.overall_probability)
        document.facts.push_back(
            {"P(overall enough for GO)", score::probability_text(*verdict.overall_probability)});
    const bool all_compared = std::ranges::all_of(
        verdict.categories, [](const CategoryScore& row) { return row.ratio.has_value(); });
    if (verdict.overall && !all_compared)
        document.facts.push_back({"weights", renormalised_text(verdict)});
    document.sections = {section_of(verdict)};
    for (Section& section : evidence_of(source, verdict))
        document.sections.push_back(std::move(section));
    if (!verdict.limits.empty())
        document.sections.push_back(section_of_limits(verdict));
    for (Section& section : sections_of(verdict.recommendations))
        document.sections.push_back(std::move(section));
    document.notes_title = "because";
    for (const std::string& reason : verdict.reasons)
        document.notes.push_back({document.mark, reason, ""});
    document.next_steps = next_steps_of(verdict);
    document.charts = charts_of(source, target);
    return document;
}

Document document_of_check(const Run& run, const Verdict& verdict) {
    Document document;
    document.title = name_of(verdict.decision);
    document.mark = mark_of(verdict.decision);
    const auto met = std::ranges::count(verdict.limits, LimitState::met, &LimitResult::state);
    document.facts = {{"host", name_of_side(run)},
                      {"policy", verdict.policy},
                      {"limits met", format("{} of {}", met, verdict.limits.size())}};
    if (!verdict.limits.empty())
        document.sections.push_back(section_of_limits(verdict));
    document.notes_title = "because";
    for (const std::string& reason : verdict.reasons)
        document.notes.push_back({document.mark, reason, ""});
    document.next_steps = next_steps_of(verdict);
    return document;
}

}  // namespace assay::report
