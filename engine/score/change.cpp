#include "engine/score/change.h"

#include <algorithm>
#include <cmath>

#include "engine/measure/statistics.h"
#include "engine/score/draws.h"
#include "engine/score/mann_whitney.h"
#include "engine/score/metric_table.h"
#include "engine/score/score_text.h"

namespace assay::score {
namespace {

constexpr double kAlpha = 0.05;

/// Changes whose tests are judged together.
struct Family {
    std::string_view name;
    std::vector<std::size_t> members;  ///< indices of changes
    std::vector<double> p_values;
    double smallest = 1;  ///< the largest of the smallest p that the members' rounds can give
};

MetricChange change_of(const MetricRow& row, const MetricPair& pair, const Policy& policy,
                       std::uint64_t seed) {
    MetricChange change;
    change.category = row.category;
    change.metric = row.metric;
    change.conditions = shown_conditions(row, *pair.source, *pair.target);
    change.unit = row.unit;
    change.better = row.better;
    change.before = *pair.source->summary.median;
    change.after = *pair.target->summary.median;
    change.change = *change.after / *change.before - 1;
    change.rounds_before = pair.source->samples.size();
    change.rounds_after = pair.target->samples.size();
    change.is_better = (change.change > 0) == (row.better == Better::higher);
    const std::size_t draws = policy.bootstrap_draws;
    const auto before = log_draws(*pair.source, Statistic::median, 2 * seed, draws);
    auto after = log_draws(*pair.target, Statistic::median, 2 * seed + 1, draws);
    if (!before || !after)
        return change;
    for (std::size_t draw = 0; draw < draws; ++draw)
        (*after)[draw] -= (*before)[draw];
    if (const auto interval = measure::central_interval(*after)) {
        change.low = std::expm1(interval->low);
        change.high = std::expm1(interval->high);
    }
    return change;
}

void judge(Family& family, ChangeReport& report) {
    const std::vector<double> adjusted = holm(family.p_values);
    for (std::size_t at = 0; at < family.members.size(); ++at) {
        MetricChange& change = report.changes[family.members[at]];
        change.p = adjusted[at];
        change.is_proven = adjusted[at] <= kAlpha && change.low && change.high &&
                           (*change.low > 0 || *change.high < 0);
    }
    const auto size = static_cast<double>(family.members.size());
    if (!family.members.empty() && family.smallest * size > kAlpha)
        report.limits_of_proof.push_back(
            "So few rounds cannot prove a change of a single one among the " +
            std::to_string(family.members.size()) + " " + std::string(family.name) +
            " metrics: p cannot go below " + fixed(family.smallest, 4) + ", and " +
            fixed(kAlpha / size, 4) + " is needed; take more rounds (--profile standard).");
}

}  // namespace

ChangeReport changes_between(const Run& before, const Run& after, const Policy& policy) {
    ChangeReport report;
    if (before.workload_version != after.workload_version) {
        report.not_compared.push_back("everything: workload version " +
                                      std::to_string(before.workload_version) + " before and " +
                                      std::to_string(after.workload_version) + " after");
        return report;
    }
    Family headline{"required", {}, {}}, rest{"other", {}, {}};
    std::uint64_t seed = policy.bootstrap_seed;
    for (const MetricRow& row : metric_table()) {
        ++seed;
        if (row.statistic != Statistic::median)
            continue;
        const auto pair = metric_pair(before, after, row);
        if (!pair) {
            if (pair.error().is_one_sided)
                report.not_compared.push_back(std::string(row.metric) + ": " + pair.error().why);
            continue;
        }
        report.changes.push_back(change_of(row, *pair, policy, seed));
        const auto test = mann_whitney(pair->source->samples, pair->target->samples);
        if (!test)
            continue;
        Family& family = row.required ? headline : rest;
        family.smallest =
            family.members.empty() ? test->smallest : std::max(family.smallest, test->smallest);
        family.members.push_back(report.changes.size() - 1);
        family.p_values.push_back(test->p);
    }
    judge(headline, report);
    judge(rest, report);
    return report;
}

}  // namespace assay::score
