#include "engine/score/limits.h"

#include <algorithm>
#include <cmath>
#include <expected>

#include "engine/measure/statistics.h"
#include "engine/score/draws.h"
#include "engine/score/facts.h"
#include "engine/score/metric_pair.h"

namespace assay::score {
namespace {

bool is_equal(const Value& left, const Value& right) {
    if (left.as_number() && right.as_number())
        return *left.as_number() == *right.as_number();
    return left == right;
}

bool has_conditions(const Measurement& measurement, const Limit& limit) {
    return std::ranges::all_of(limit.conditions, [&](const Condition& wanted) {
        const Value* value = measurement.condition(wanted.name);
        return value != nullptr && is_equal(*value, wanted.value);
    });
}

std::string conditions_text(const std::vector<Condition>& conditions) {
    std::string text;
    for (const Condition& condition : conditions)
        text += (text.empty() ? "" : ", ") + condition.name + " " + text_of(&condition.value);
    return text;
}

/// Why a measurement cannot be held against a limit; empty if it can.
std::string unusable(const Measurement& measurement, const Limit& limit) {
    for (const Finding& finding : measurement.findings)
        if (finding.severity == Severity::invalid || finding.id == "too_few_valid_rounds" ||
            finding.id == "self_test")
            return finding.id + ": " + finding.message;
    if (measurement.unit != limit.unit)
        return "it is in " + std::string(symbol(measurement.unit)) + " and the limit in " +
               std::string(symbol(limit.unit));
    const auto value = value_of(measurement, limit.statistic);
    if (!value)
        return limit.statistic == Statistic::median
                   ? "no valid round gave a number"
                   : "its operations are too few for " + std::string(name_of(limit.statistic));
    if (!std::isfinite(*value) || *value <= 0)
        return "its value is not a positive number";
    return "";
}

std::string clause(std::string sentence) {
    while (sentence.ends_with('.') || sentence.ends_with(' '))
        sentence.pop_back();
    return sentence;
}

/// The measurement that counts, or why there is none.
std::expected<const Measurement*, std::string> subject_of(const Run& run, const Limit& limit) {
    const Measurement* best = nullptr;
    std::string why;
    bool is_probe_known = false;
    for (const ProbeResult& probe : run.probes) {
        if (!limit.metric.starts_with(probe.id + "."))
            continue;
        is_probe_known = true;
        if (probe.status != ProbeStatus::measured)
            why = "probe " + probe.id +
                  (probe.status == ProbeStatus::skipped ? " was skipped: " : " failed: ") +
                  (probe.reason ? probe.reason->message : "no reason given");
        for (const Measurement& measurement : probe.measurements) {
            if (measurement.metric != limit.metric || !has_conditions(measurement, limit))
                continue;
            if (std::string reason = unusable(measurement, limit); !reason.empty()) {
                why = std::move(reason);
                continue;
            }
            const double value = *value_of(measurement, limit.statistic);
            const double held = best ? *value_of(*best, limit.statistic) : 0;
            if (best == nullptr || (limit.is_ceiling ? value < held : value > held))
                best = &measurement;
        }
    }
    if (best != nullptr)
        return best;
    if (!why.empty())
        return std::unexpected(clause(std::move(why)));
    return std::unexpected(is_probe_known ? "the run has no such measurement"
                                          : "the run has no probe of " + limit.metric);
}

bool reaches(double value, double bound, bool is_ceiling) {
    return is_ceiling ? value <= bound : value >= bound;
}

LimitResult judge(const Run& run, const Limit& limit, const Policy& policy, std::uint64_t seed) {
    LimitResult result;
    result.name = limit.name;
    result.metric = limit.metric;
    result.conditions = conditions_text(limit.conditions);
    result.statistic = name_of(limit.statistic);
    result.unit = limit.unit;
    result.is_ceiling = limit.is_ceiling;
    result.bound = limit.bound;
    result.need = limit.need;
    result.source = limit.source;
    const auto subject = subject_of(run, limit);
    if (!subject) {
        result.why = subject.error();
        return result;
    }
    const Measurement& measurement = **subject;
    result.value = value_of(measurement, limit.statistic);
    const std::size_t rounds = measurement.samples.size();
    const auto draws =
        log_draws(measurement, limit.statistic, seed, policy.bootstrap_draws, Resampling::plain);
    if (draws) {
        result.probability = probability_of(*draws, limit.bound, limit.is_ceiling);
        if (const auto interval = measure::central_interval(*draws)) {
            result.low = std::exp(interval->low);
            result.high = std::exp(interval->high);
        }
    }
    const bool is_thin = !draws || rounds < policy.fewest_rounds;
    if (is_thin)
        result.why = "it rests on only " + std::to_string(rounds) + " valid rounds, " +
                     std::to_string(policy.fewest_rounds) + " are needed";
    // A value on the wrong side is a miss, however few rounds say so: nothing speaks for a pass.
    if (!reaches(*result.value, limit.bound, limit.is_ceiling))
        result.state = LimitState::missed;
    else if (is_thin)
        result.state = LimitState::unknown;
    else
        result.state =
            *result.probability >= policy.confidence ? LimitState::met : LimitState::unproven;
    return result;
}

LimitResult judge(const Run& run, const FactLimit& limit) {
    LimitResult result;
    result.name = name_of(limit.fact);
    result.unit = unit_of(limit.fact);
    result.is_ceiling = limit.is_ceiling;
    result.bound = limit.bound;
    result.need = limit.need;
    result.source = limit.source;
    const FactValue fact = fact_of(run, limit.fact);
    result.value = fact.value;
    result.why = fact.note;
    if (fact.value)
        result.state = reaches(*fact.value, fact.share * limit.bound, limit.is_ceiling)
                           ? LimitState::met
                           : LimitState::missed;
    return result;
}

}  // namespace

std::vector<LimitResult> judge_limits(const Run& run, const Policy& policy) {
    // Apart from the seeds of the metric table, which counts from the policy's own.
    constexpr std::uint64_t kSeedOffset = 0x11A1'75ED;
    std::vector<LimitResult> results;
    for (const Limit& limit : policy.limits)
        results.push_back(
            judge(run, limit, policy, policy.bootstrap_seed + kSeedOffset + results.size()));
    for (const FactLimit& limit : policy.facts)
        results.push_back(judge(run, limit));
    for (LimitResult& result : results)
        if (const Waiver* waiver = policy.waiver_of(result.name))
            result.waiver = *waiver;
    return results;
}

}  // namespace assay::score
