#include "engine/score/decision.h"

#include <algorithm>

#include "engine/score/limit_text.h"

namespace assay::score {
namespace {

bool is_left_out(const Policy& policy, std::string_view category) {
    return std::ranges::find(policy.without, category) != policy.without.end();
}

std::string compared_names(const Verdict& verdict) {
    std::string names;
    for (const CategoryScore& row : verdict.categories)
        if (row.ratio)
            names += (names.empty() ? "" : ", ") + row.name;
    return names;
}

/// What a category's ratio rests on: its metric, or the weakest of several with its ratio.
std::string metrics_text(const CategoryScore& row) {
    if (row.metrics.size() == 1)
        return metric_text(row.metrics.front());
    const auto weakest = std::ranges::min_element(row.metrics, {}, &MetricRatio::ratio);
    return "its " + std::to_string(row.metrics.size()) + " metrics, the weakest " +
           fixed(weakest->ratio, 2) + " in " + metric_text(*weakest);
}

std::string category_miss(const CategoryScore& row, const Policy& policy) {
    return "The " + row.name + " ratio " + beside(*row.ratio, policy.no_go_category) +
           " is below " + limit_text(policy.no_go_category) + ": the target reaches " +
           fixed(*row.ratio * 100, 1) + " % of the source in " + metrics_text(row) + ".";
}

bool is_waived(const Policy& policy, const CategoryScore& row) {
    return policy.waiver_of(row.name) != nullptr;
}

std::vector<std::string> no_go_reasons(const Verdict& verdict, const Policy& policy,
                                       QuantityText quantity) {
    std::vector<std::string> reasons;
    if (verdict.overall && *verdict.overall < policy.no_go_overall)
        reasons.push_back("The overall score " + beside(*verdict.overall, policy.no_go_overall) +
                          " over " + compared_names(verdict) + " is below " +
                          limit_text(policy.no_go_overall) + ".");
    for (const CategoryScore& row : verdict.categories)
        if (row.ratio && *row.ratio < policy.no_go_category && !is_waived(policy, row))
            reasons.push_back(category_miss(row, policy));
    for (const LimitResult& limit : verdict.limits)
        if (limit.need == Need::required && limit.state == LimitState::missed && !limit.waiver)
            reasons.push_back(limit_sentence(limit, quantity));
    return reasons;
}

bool has_invalid_measurement(const Run& run) {
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            for (const Finding& finding : measurement.findings)
                if (finding.severity == Severity::invalid)
                    return true;
    return false;
}

/// A run is invalid as a whole by a finding of its own, or where it says so and no single
/// measurement explains it. (An invalid measurement speaks for itself, and not for the others.)
std::optional<std::string> invalid_run_reason(std::string_view side, const Run& run) {
    std::string names;
    for (const Finding& finding : run.findings)
        if (finding.severity == Severity::invalid)
            names += (names.empty() ? "" : "; ") + finding.id + ": " + finding.message;
    if (names.empty() && (run.valid || has_invalid_measurement(run)))
        return std::nullopt;
    return "The " + std::string(side) + "'s run is invalid as a whole" +
           (names.empty() ? "" : " (" + names + ")") + ". Run it again.";
}

void add_category_doubts(std::vector<std::string>& reasons, const Verdict& verdict,
                         const Policy& policy) {
    if (!verdict.overall)
        reasons.emplace_back("No category was compared, so there is no score.");
    for (const CategoryScore& row : verdict.categories)
        if (row.not_compared && !is_left_out(policy, row.name))
            reasons.push_back("The " + row.name + " was not compared: " + *row.not_compared +
                              "; or leave it out openly with --without " + row.name + ".");
    for (const CategoryScore& row : verdict.categories)
        for (const MetricRatio& metric : row.metrics)
            if (metric.rounds < policy.fewest_rounds || !metric.ratio_low)
                reasons.push_back("The " + row.name + " ratio rests on only " +
                                  std::to_string(metric.rounds) + " valid rounds of " +
                                  metric.metric + ", " + std::to_string(policy.fewest_rounds) +
                                  " are needed; take both runs with --profile quick or larger.");
}

std::vector<std::string> inconclusive_reasons(const Verdict& verdict, const Judged& runs,
                                              const Policy& policy, QuantityText quantity) {
    std::vector<std::string> reasons;
    if (runs.source != nullptr)
        add_category_doubts(reasons, verdict, policy);
    else if (verdict.limits.empty())
        reasons.push_back("The policy " + policy.name +
                          " has no limits, so nothing is judged of one host.");
    for (const LimitResult& limit : verdict.limits)
        if (limit.need == Need::required && limit.state == LimitState::unknown && !limit.waiver)
            reasons.push_back(limit_sentence(limit, quantity));
    if (runs.source != nullptr)
        if (auto reason = invalid_run_reason("source", *runs.source))
            reasons.push_back(std::move(*reason));
    if (auto reason = invalid_run_reason(runs.source == nullptr ? "host" : "target", *runs.target))
        reasons.push_back(std::move(*reason));
    return reasons;
}

std::string waived_text(const Waiver& waiver) {
    return " Waived by " + waiver.who + " until " + waiver.until + ": " + waiver.why + ".";
}

/// What a policy's confidence asks of the scores.
void add_score_conditions(std::vector<std::string>& reasons, const Verdict& verdict,
                          const Policy& policy) {
    const std::string wanted = ", " + limit_text(policy.confidence) + " is asked.";
    if (*verdict.overall_probability < policy.confidence)
        reasons.push_back("The overall score " + beside(*verdict.overall, policy.go_overall) +
                          " [" + interval_text(*verdict.overall_low, *verdict.overall_high) +
                          "] reaches " + limit_text(policy.go_overall) + " with a probability of " +
                          probability_text(*verdict.overall_probability) + wanted);
    for (const CategoryScore& row : verdict.categories) {
        if (!row.ratio)
            continue;
        const Waiver* waiver = policy.waiver_of(row.name);
        if (*row.ratio < policy.no_go_category)
            reasons.push_back(category_miss(row, policy) + waived_text(*waiver));
        else if (*row.floor_probability < policy.confidence)
            reasons.push_back("The " + row.name + " ratio " +
                              beside(*row.ratio, policy.go_category) + " [" +
                              interval_text(*row.ratio_low, *row.ratio_high) + "] reaches " +
                              limit_text(policy.go_category) + " with a probability of " +
                              probability_text(*row.floor_probability) + wanted +
                              " Metric: " + metrics_text(row) + "." +
                              (waiver == nullptr ? "" : waived_text(*waiver)));
        for (const MetricGap& gap : row.gaps)
            if (gap.is_one_sided)
                reasons.push_back("The " + row.name + " ratio is without " + gap.metric +
                                  (gap.statistic == "median" ? "" : " " + gap.statistic) + ": " +
                                  gap.why + ".");
    }
}

std::vector<std::string> conditions(const Verdict& verdict, const Judged& runs,
                                    const Policy& policy, QuantityText quantity) {
    std::vector<std::string> reasons;
    if (runs.source != nullptr)
        add_score_conditions(reasons, verdict, policy);
    for (const LimitResult& limit : verdict.limits)
        if (limit.state != LimitState::met)
            reasons.push_back(limit_sentence(limit, quantity) +
                              (limit.waiver ? waived_text(*limit.waiver) : ""));
    return reasons;
}

std::string limits_met(const Verdict& verdict, const Policy& policy) {
    return std::to_string(verdict.limits.size()) +
           (verdict.limits.size() == 1 ? " limit" : " limits") + " of the policy " + policy.name;
}

std::string go_reason(const Verdict& verdict, const Judged& runs, const Policy& policy) {
    const std::string confident = " with at least " + limit_text(policy.confidence) + ".";
    if (runs.source == nullptr)
        return "Each of the " + limits_met(verdict, policy) + " is met" + confident;
    std::string text = "The overall score " + beside(*verdict.overall, policy.go_overall) +
                       " reaches " + limit_text(policy.go_overall) + " with a probability of " +
                       probability_text(*verdict.overall_probability) + ", and each of " +
                       compared_names(verdict) + " reaches " + limit_text(policy.go_category) +
                       confident;
    if (!verdict.limits.empty())
        text += " Each of the " + limits_met(verdict, policy) + " is met" + confident;
    return text;
}

}  // namespace

std::string metric_text(const MetricRatio& metric) {
    const std::string name =
        metric.statistic == "median" ? metric.metric : metric.metric + " " + metric.statistic;
    return metric.conditions.empty() ? name : name + " (" + metric.conditions + ")";
}

void decide(Verdict& verdict, const Judged& runs, const Policy& policy, QuantityText quantity) {
    verdict.decision = Decision::no_go;
    verdict.reasons = no_go_reasons(verdict, policy, quantity);
    auto missing = inconclusive_reasons(verdict, runs, policy, quantity);
    if (!verdict.reasons.empty()) {
        // What could not be compared stays visible beside what already decides.
        verdict.reasons.insert(verdict.reasons.end(), missing.begin(), missing.end());
        return;
    }
    verdict.decision = Decision::inconclusive;
    verdict.reasons = std::move(missing);
    if (!verdict.reasons.empty())
        return;
    verdict.decision = Decision::go_with_conditions;
    verdict.reasons = conditions(verdict, runs, policy, quantity);
    if (!verdict.reasons.empty())
        return;
    verdict.decision = Decision::go;
    verdict.reasons = {go_reason(verdict, runs, policy)};
}

}  // namespace assay::score
