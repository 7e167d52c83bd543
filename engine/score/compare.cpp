#include "engine/score/compare.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/measure/statistics.h"
#include "engine/score/decision.h"
#include "engine/score/limits.h"
#include "engine/score/recommend.h"

namespace assay::score {
namespace {

/// A ratio beyond a thousand million, either way, is a broken file, and its powers would overflow.
constexpr double kLargestRatio = 1e9;

/// What the bootstrap knows of one category: the logarithm of its ratio in every draw. Empty when a
/// metric has too few rounds.
struct Drawn {
    std::size_t category = 0;
    std::vector<double> log_ratios;
};

/// One metric that is in its category's ratio.
struct Part {
    MetricRatio metric;
    std::vector<double> log_ratios;
};

struct Task {
    const Run& source;
    const Run& target;
    const Policy& policy;
    std::size_t draws;
};

const MetricChoice* choice_of(const Policy& policy, const MetricRow& row) {
    for (const MetricChoice& choice : policy.metrics)
        if (choice.metric == row.metric)
            return &choice;
    return nullptr;
}

/// The row as the policy wants it.
MetricRow chosen(const Policy& policy, MetricRow row) {
    if (const MetricChoice* choice = choice_of(policy, row)) {
        row.weight = choice->weight.value_or(row.weight);
        row.required = choice->required.value_or(row.required);
    }
    return row;
}

std::vector<double> draw_ratios(const MetricPair& pair, const MetricRow& row, std::uint64_t seed,
                                std::size_t draws) {
    // Two streams of one seed: the sides are resampled independently, also for a run against
    // itself.
    auto ratios = log_draws(*pair.target, row.statistic, 2 * seed + 1, draws);
    const auto sources = log_draws(*pair.source, row.statistic, 2 * seed, draws);
    if (!sources || !ratios)
        return {};
    const double sign = row.better == Better::lower ? -1 : 1;
    const double most = std::log(kLargestRatio);
    for (std::size_t draw = 0; draw < draws; ++draw)
        (*ratios)[draw] = std::clamp(sign * ((*ratios)[draw] - (*sources)[draw]), -most, most);
    return std::move(*ratios);
}

/// The metric's ratio, or why it has none.
std::expected<Part, Refusal> part_of(const MetricRow& row, const Task& task, std::uint64_t seed) {
    const auto pair = metric_pair(task.source, task.target, row);
    if (!pair)
        return std::unexpected(pair.error());
    Part part;
    MetricRatio& metric = part.metric;
    metric.metric = row.metric;
    metric.conditions = shown_conditions(row, *pair->source, *pair->target);
    metric.statistic = name_of(row.statistic);
    metric.weight = row.weight;
    metric.required = row.required;
    metric.source = *value_of(*pair->source, row.statistic);
    metric.target = *value_of(*pair->target, row.statistic);
    metric.ratio = ratio_of(*metric.source, *metric.target, row.better);
    metric.rounds = std::min(pair->source->samples.size(), pair->target->samples.size());
    if (!(metric.ratio >= 1 / kLargestRatio && metric.ratio <= kLargestRatio))
        return std::unexpected(
            Refusal{"the two numbers differ by a factor of over 1 000 000 000, so one of them "
                    "cannot be true",
                    true});
    if (!row.required && metric.rounds < task.policy.fewest_rounds)
        return std::unexpected(Refusal{"its ratio " + fixed(metric.ratio, 2) + " rests on only " +
                                           std::to_string(metric.rounds) + " valid rounds, " +
                                           std::to_string(task.policy.fewest_rounds) +
                                           " are needed",
                                       true});
    part.log_ratios = draw_ratios(*pair, row, seed, task.draws);
    if (const auto interval = measure::central_interval(part.log_ratios)) {
        metric.ratio_low = std::exp(interval->low);
        metric.ratio_high = std::exp(interval->high);
    }
    return part;
}

/// From the parts to the category: the weighted geometric mean.
void combine(CategoryScore& category, Drawn& drawn, std::vector<Part> parts, const Task& task) {
    double total = 0, log_ratio = 0;
    for (const Part& part : parts)
        total += part.metric.weight;
    const bool is_drawn =
        std::ranges::none_of(parts, [](const Part& part) { return part.log_ratios.empty(); });
    drawn.log_ratios.assign(is_drawn ? task.draws : 0, 0);
    for (Part& part : parts) {
        part.metric.weight /= total;
        log_ratio += part.metric.weight * std::log(part.metric.ratio);
        for (std::size_t draw = 0; draw < drawn.log_ratios.size(); ++draw)
            drawn.log_ratios[draw] += part.metric.weight * part.log_ratios[draw];
        category.metrics.push_back(std::move(part.metric));
    }
    category.ratio =
        settled(parts.size() == 1 ? category.metrics.front().ratio : std::exp(log_ratio));
    category.grade = grade_of(*category.ratio);
    if (const auto interval = measure::central_interval(drawn.log_ratios)) {
        category.ratio_low = std::exp(interval->low);
        category.ratio_high = std::exp(interval->high);
        category.floor_probability =
            probability_of(drawn.log_ratios, task.policy.go_category, false);
    }
}

/// Fills the row of one category, or says why it is not compared.
void score_category(CategoryScore& category, Drawn& drawn, std::span<const MetricRow> table,
                    const Task& task) {
    std::vector<Part> parts;
    for (std::size_t index = 0; index < table.size(); ++index) {
        const MetricRow row = chosen(task.policy, table[index]);
        if (row.category != category.name)
            continue;
        const auto add_gap = [&](std::string why, bool is_one_sided) {
            category.gaps.push_back({std::string(row.metric), std::string(name_of(row.statistic)),
                                     std::move(why), is_one_sided});
        };
        if (row.weight <= 0) {
            add_gap("left out by the policy " + task.policy.name, false);
            continue;
        }
        auto part = part_of(row, task, task.policy.bootstrap_seed + index);
        if (part)
            parts.push_back(std::move(*part));
        else if (!row.required)
            add_gap(part.error().why, part.error().is_one_sided);
        else if (!category.not_compared)
            category.not_compared = part.error().why;
    }
    if (!category.not_compared && parts.empty())
        category.not_compared =
            category.gaps.empty() ? "no metric is known for it" : category.gaps.front().why;
    if (!category.not_compared)
        combine(category, drawn, std::move(parts), task);
}

/// Fills the categories; returns the draws of those that were compared.
std::vector<Drawn> score_categories(Verdict& verdict, std::span<const MetricRow> table,
                                    const Task& task) {
    std::vector<Drawn> all;
    for (const CategoryPolicy& wanted : task.policy.categories) {
        CategoryScore category;
        category.name = wanted.name;
        category.weight = wanted.weight;
        Drawn drawn{.category = verdict.categories.size(), .log_ratios = {}};
        if (std::ranges::count(task.policy.without, wanted.name) != 0)
            category.not_compared = "left out openly (--without " + category.name + ")";
        else if (task.source.workload_version != task.target.workload_version)
            category.not_compared =
                "not comparable: workload version " + std::to_string(task.source.workload_version) +
                " on the source and " + std::to_string(task.target.workload_version) +
                " on the target; run both sides with the same version of assay";
        else
            score_category(category, drawn, table, task);
        verdict.categories.push_back(std::move(category));
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
    if (std::ranges::any_of(all, [](const Drawn& drawn) { return drawn.log_ratios.empty(); }))
        return;
    std::vector<double> overalls(all.front().log_ratios.size(), 0);
    for (std::size_t index = 0; index < all.size(); ++index)
        for (std::size_t draw = 0; draw < overalls.size(); ++draw)
            overalls[draw] += weights[index] * std::exp(all[index].log_ratios[draw]);
    if (const auto interval = measure::central_interval(overalls)) {
        verdict.overall_low = interval->low;
        verdict.overall_high = interval->high;
        const auto reached = std::ranges::count_if(
            overalls, [&](double draw) { return settled(draw) >= policy.go_overall; });
        verdict.overall_probability =
            static_cast<double>(reached) / static_cast<double>(overalls.size());
    }
}

}  // namespace

Policy default_policy() {
    Policy policy;
    policy.title = "The requirement's weights and DESIGN's limits";
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

Verdict compare(const Run& source, const Run& target, const Policy& policy, QuantityText quantity) {
    return compare_by(metric_table(), source, target, policy, quantity);
}

Verdict compare_by(std::span<const MetricRow> table, const Run& source, const Run& target,
                   const Policy& policy, QuantityText quantity) {
    Verdict verdict;
    verdict.policy = policy.name;
    const Task task{source, target, policy, policy.bootstrap_draws};
    const std::vector<Drawn> all = score_categories(verdict, table, task);
    score_overall(verdict, all, policy);
    verdict.limits = judge_limits(target, policy);
    decide(verdict, {&source, &target}, policy, quantity);
    verdict.recommendations = recommend(source, target, verdict);
    return verdict;
}

}  // namespace assay::score
