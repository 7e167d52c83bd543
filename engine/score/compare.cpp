#include "engine/score/compare.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include "engine/measure/statistics.h"

namespace assay::score {
namespace {

/// A ratio beyond a thousand million, either way, is a broken file, and its powers would overflow.
constexpr double kLargestRatio = 1e9;
/// A file may carry any number of rounds; what it costs to resample them stays bounded.
constexpr std::size_t kMostPicks = 20'000'000;
constexpr std::size_t kFewestDraws = 1'000;

std::string fixed(double value, int decimals) {
    std::array<char, 64> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                   std::chars_format::fixed, decimals)
                         .ptr;
    return {digits.data(), end};
}

/// Two decimals, or more where rounding would put the value on the other side of the limit.
std::string beside(double value, double limit) {
    for (int decimals = 2; decimals < 9; ++decimals) {
        const std::string text = fixed(value, decimals);
        double shown = 0;
        std::from_chars(text.data(), text.data() + text.size(), shown);
        if ((shown >= limit) == (value >= limit))
            return text;
    }
    return fixed(value, 9);
}

/// A policy's limit, with at least two decimals and never fewer than it has.
std::string limit_text(double limit) {
    const std::string two = fixed(limit, 2);
    double shown = 0;
    std::from_chars(two.data(), two.data() + two.size(), shown);
    return shown == limit ? two : std::to_string(limit);
}

std::string probability_text(double probability) {
    if (probability > 0.9995)
        return "over 0.999";
    return probability < 0.0005 ? "under 0.001" : fixed(probability, 3);
}

bool is_left_out(const Policy& policy, std::string_view category) {
    return std::ranges::find(policy.without, category) != policy.without.end();
}

/// What the bootstrap knows of one category: its ratio in every draw. Empty when there are too few
/// rounds.
struct Drawn {
    std::size_t category = 0;
    std::size_t rounds = 0;  ///< on the side that has fewer
    std::vector<double> ratios;
};

double share_at_least(const std::vector<double>& draws, double limit) {
    const auto reached =
        std::ranges::count_if(draws, [&](double draw) { return settled(draw) >= limit; });
    return static_cast<double>(reached) / static_cast<double>(draws.size());
}

std::size_t draws_for(const Policy& policy, std::size_t rounds) {
    return std::min(policy.bootstrap_draws,
                    std::max(kFewestDraws, kMostPicks / std::max<std::size_t>(rounds, 1)));
}

std::vector<double> draw_ratios(const HeadlinePair& pair, std::uint64_t seed, std::size_t draws) {
    // Two streams of one seed: the sides are resampled independently, also for a run against
    // itself.
    const auto sources =
        measure::bootstrap(pair.source->samples, &measure::median, 2 * seed, draws);
    const auto targets =
        measure::bootstrap(pair.target->samples, &measure::median, 2 * seed + 1, draws);
    if (!sources || !targets)
        return {};
    std::vector<double> ratios(draws);
    for (std::size_t draw = 0; draw < draws; ++draw)
        ratios[draw] = std::clamp(ratio_of((*sources)[draw], (*targets)[draw], pair.source->better),
                                  1 / kLargestRatio, kLargestRatio);
    return ratios;
}

/// Fills the row of one category, or says why it is not compared.
void score_category(CategoryScore& row, Drawn& drawn, const Headline& headline, const Run& source,
                    const Run& target, const Policy& policy, std::size_t draws) {
    const auto pair = headline_pair(source, target, headline);
    if (!pair) {
        row.not_compared = pair.error();
        return;
    }
    MetricRatio metric;
    metric.metric = headline.metric;
    metric.conditions = shown_conditions(headline, *pair->source, *pair->target);
    metric.source = *pair->source->summary.median;
    metric.target = *pair->target->summary.median;
    metric.ratio = ratio_of(metric.source, metric.target, headline.better);
    if (!(metric.ratio >= 1 / kLargestRatio && metric.ratio <= kLargestRatio)) {
        row.not_compared =
            "the two numbers differ by a factor of over 1 000 000 000, so one of "
            "them cannot be true";
        return;
    }
    drawn.rounds = std::min(pair->source->samples.size(), pair->target->samples.size());
    drawn.ratios = draw_ratios(*pair, policy.bootstrap_seed + drawn.category, draws);
    if (const auto interval = measure::central_interval(drawn.ratios)) {
        metric.ratio_low = interval->low;
        metric.ratio_high = interval->high;
        row.floor_probability = share_at_least(drawn.ratios, policy.go_category);
    }
    row.ratio = settled(metric.ratio);
    row.grade = grade_of(*row.ratio);
    row.metrics.push_back(std::move(metric));
}

std::size_t most_rounds(const Run& run) {
    std::size_t most = 0;
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            most = std::max(most, measurement.samples.size());
    return most;
}

/// Fills the categories; returns the draws of those that were compared.
std::vector<Drawn> score_categories(Verdict& verdict, std::span<const Headline> table,
                                    const Run& source, const Run& target, const Policy& policy) {
    const std::size_t draws = draws_for(policy, std::max(most_rounds(source), most_rounds(target)));
    std::vector<Drawn> all;
    for (const CategoryPolicy& category : policy.categories) {
        CategoryScore row;
        row.name = category.name;
        row.weight = category.weight;
        Drawn drawn{.category = verdict.categories.size(), .rounds = 0, .ratios = {}};
        const auto headline = std::ranges::find(table, category.name, &Headline::category);
        if (is_left_out(policy, category.name))
            row.not_compared = "left out openly (--without " + row.name + ")";
        else if (source.workload_version != target.workload_version)
            row.not_compared = "not comparable: workload version " +
                               std::to_string(source.workload_version) + " on the source and " +
                               std::to_string(target.workload_version) +
                               " on the target; run both sides with the same version of assay";
        else if (headline == table.end())
            row.not_compared = "no headline metric is known for it";
        else
            score_category(row, drawn, *headline, source, target, policy, draws);
        verdict.categories.push_back(std::move(row));
        if (verdict.categories.back().ratio)
            all.push_back(std::move(drawn));
    }
    return all;
}

/// Weights of the compared categories, made to sum to 1.
std::vector<double> renormalised_weights(const Verdict& verdict, const std::vector<Drawn>& all) {
    std::vector<double> weights;
    for (const Drawn& drawn : all)
        weights.push_back(verdict.categories[drawn.category].weight);
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights)
        weight = total > 0 ? weight / total : 1.0 / static_cast<double>(weights.size());
    return weights;
}

void score_overall(Verdict& verdict, const std::vector<Drawn>& all, const Policy& policy) {
    if (all.empty())
        return;
    const std::vector<double> weights = renormalised_weights(verdict, all);
    double sum = 0, log_sum = 0;
    const CategoryScore* weakest = nullptr;
    for (std::size_t index = 0; index < all.size(); ++index) {
        const CategoryScore& row = verdict.categories[all[index].category];
        sum += weights[index] * *row.ratio;
        log_sum += weights[index] * std::log(*row.ratio);
        if (weakest == nullptr || *row.ratio < *weakest->ratio)
            weakest = &row;
    }
    verdict.overall = settled(sum);
    verdict.geometric = settled(std::exp(log_sum));
    verdict.weakest = weakest->name;
    verdict.grade = capped_grade(*verdict.overall, *weakest->ratio);
    if (std::ranges::any_of(all, [](const Drawn& drawn) { return drawn.ratios.empty(); }))
        return;
    std::vector<double> overalls(all.front().ratios.size(), 0);
    for (std::size_t index = 0; index < all.size(); ++index)
        for (std::size_t draw = 0; draw < overalls.size(); ++draw)
            overalls[draw] += weights[index] * all[index].ratios[draw];
    if (const auto interval = measure::central_interval(overalls)) {
        verdict.overall_low = interval->low;
        verdict.overall_high = interval->high;
        verdict.overall_probability = share_at_least(overalls, policy.go_overall);
    }
}

std::string compared_names(const Verdict& verdict) {
    std::string names;
    for (const CategoryScore& row : verdict.categories)
        if (row.ratio)
            names += (names.empty() ? "" : ", ") + row.name;
    return names;
}

std::string metric_text(const CategoryScore& row) {
    const MetricRatio& metric = row.metrics.front();
    return metric.conditions.empty() ? metric.metric
                                     : metric.metric + " (" + metric.conditions + ")";
}

std::vector<std::string> no_go_reasons(const Verdict& verdict, const Policy& policy) {
    std::vector<std::string> reasons;
    if (verdict.overall && *verdict.overall < policy.no_go_overall)
        reasons.push_back("The overall score " + beside(*verdict.overall, policy.no_go_overall) +
                          " over " + compared_names(verdict) + " is below " +
                          limit_text(policy.no_go_overall) + ".");
    for (const CategoryScore& row : verdict.categories)
        if (row.ratio && *row.ratio < policy.no_go_category)
            reasons.push_back(
                "The " + row.name + " ratio " + beside(*row.ratio, policy.no_go_category) +
                " is below " + limit_text(policy.no_go_category) + ": the target reaches " +
                fixed(*row.ratio * 100, 1) + " % of the source in " + metric_text(row) + ".");
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

std::vector<std::string> inconclusive_reasons(const Verdict& verdict, const std::vector<Drawn>& all,
                                              const Run& source, const Run& target,
                                              const Policy& policy) {
    std::vector<std::string> reasons;
    if (all.empty())
        reasons.emplace_back("No category was compared, so there is no score.");
    for (const CategoryScore& row : verdict.categories)
        if (row.not_compared && !is_left_out(policy, row.name))
            reasons.push_back("The " + row.name + " was not compared: " + *row.not_compared +
                              "; or leave it out openly with --without " + row.name + ".");
    for (const Drawn& drawn : all)
        if (drawn.rounds < policy.fewest_rounds || drawn.ratios.empty())
            reasons.push_back("The " + verdict.categories[drawn.category].name +
                              " ratio rests on only " + std::to_string(drawn.rounds) +
                              " valid rounds, " + std::to_string(policy.fewest_rounds) +
                              " are needed; take both runs with --profile quick or larger.");
    if (auto reason = invalid_run_reason("source", source))
        reasons.push_back(std::move(*reason));
    if (auto reason = invalid_run_reason("target", target))
        reasons.push_back(std::move(*reason));
    return reasons;
}

std::vector<std::string> conditions(const Verdict& verdict, const Policy& policy) {
    std::vector<std::string> reasons;
    const std::string wanted = ", " + limit_text(policy.confidence) + " is asked.";
    if (*verdict.overall_probability < policy.confidence)
        reasons.push_back("The overall score " + beside(*verdict.overall, policy.go_overall) +
                          " [" + fixed(*verdict.overall_low, 2) + " to " +
                          fixed(*verdict.overall_high, 2) + "] reaches " +
                          limit_text(policy.go_overall) + " with a probability of " +
                          probability_text(*verdict.overall_probability) + wanted);
    for (const CategoryScore& row : verdict.categories)
        if (row.ratio && *row.floor_probability < policy.confidence)
            reasons.push_back("The " + row.name + " ratio " +
                              beside(*row.ratio, policy.go_category) + " [" +
                              fixed(*row.metrics.front().ratio_low, 2) + " to " +
                              fixed(*row.metrics.front().ratio_high, 2) + "] reaches " +
                              limit_text(policy.go_category) + " with a probability of " +
                              probability_text(*row.floor_probability) + wanted +
                              " Metric: " + metric_text(row) + ".");
    return reasons;
}

std::string go_reason(const Verdict& verdict, const Policy& policy) {
    return "The overall score " + beside(*verdict.overall, policy.go_overall) + " reaches " +
           limit_text(policy.go_overall) + " with a probability of " +
           probability_text(*verdict.overall_probability) + ", and each of " +
           compared_names(verdict) + " reaches " + limit_text(policy.go_category) +
           " with at least " + limit_text(policy.confidence) + ".";
}

void decide(Verdict& verdict, const std::vector<Drawn>& all, const Run& source, const Run& target,
            const Policy& policy) {
    verdict.decision = Decision::no_go;
    verdict.reasons = no_go_reasons(verdict, policy);
    auto missing = inconclusive_reasons(verdict, all, source, target, policy);
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
    verdict.reasons = conditions(verdict, policy);
    if (!verdict.reasons.empty())
        return;
    verdict.decision = Decision::go;
    verdict.reasons = {go_reason(verdict, policy)};
}

}  // namespace

Policy default_policy() {
    Policy policy;
    policy.categories = {{"cpu", 0.3}, {"memory", 0.2}, {"storage", 0.4}, {"network", 0.1}};
    return policy;
}

double ratio_of(double source, double target, Better better) {
    return better == Better::lower ? source / target : target / source;
}

Grade capped_grade(double overall, double weakest_ratio) {
    const int own = static_cast<int>(grade_of(overall));
    const int weakest = static_cast<int>(grade_of(weakest_ratio));
    return static_cast<Grade>(std::max(own, weakest - 1));
}

double settled(double score) {
    // Above 10^3 the last bits are below 10^-12 of nothing that a grade asks.
    constexpr double kSteps = 1e12;
    return score < 1000 ? std::round(score * kSteps) / kSteps : score;
}

Verdict compare(const Run& source, const Run& target, const Policy& policy) {
    return compare_by(headlines(), source, target, policy);
}

Verdict compare_by(std::span<const Headline> table, const Run& source, const Run& target,
                   const Policy& policy) {
    Verdict verdict;
    const std::vector<Drawn> all = score_categories(verdict, table, source, target, policy);
    score_overall(verdict, all, policy);
    decide(verdict, all, source, target, policy);
    return verdict;
}

}  // namespace assay::score
