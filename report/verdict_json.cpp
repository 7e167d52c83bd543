#include "report/verdict_json.h"

#include "report/json_parts.h"
#include "report/json_writer.h"

namespace assay::report {
namespace {

Json from_metric(const MetricRatio& metric, const Run& source) {
    const std::optional<Unit> unit = unit_of_metric(source, metric.metric);
    return {{"metric", metric.metric},
            {"statistic", metric.statistic},
            {"conditions", metric.conditions},
            {"unit", unit ? Json(symbol(*unit)) : Json(nullptr)},
            {"share", number(metric.weight)},
            {"required", metric.required},
            {"rounds", metric.rounds},
            {"source", maybe(metric.source)},
            {"target", maybe(metric.target)},
            {"ratio", number(metric.ratio)},
            {"ratio_ci95_low", maybe(metric.ratio_low)},
            {"ratio_ci95_high", maybe(metric.ratio_high)}};
}

Json from_gap(const MetricGap& gap) {
    return {{"metric", gap.metric},
            {"statistic", gap.statistic},
            {"one_sided", gap.is_one_sided},
            {"why", gap.why}};
}

Json from_waiver(const Waiver& waiver) {
    return {
        {"what", waiver.what}, {"who", waiver.who}, {"why", waiver.why}, {"until", waiver.until}};
}

}  // namespace

Json from_verdict_head(const Verdict& verdict) {
    return {{"decision", name_of(verdict.decision)},
            {"exit_status", static_cast<int>(verdict.decision)},
            {"reasons", verdict.reasons},
            {"policy", verdict.policy}};
}

Json from_category(const CategoryScore& row, const Run& source) {
    return {
        {"name", row.name},
        {"weight", number(row.weight)},
        {"ratio", maybe(row.ratio)},
        {"ratio_ci95_low", maybe(row.ratio_low)},
        {"ratio_ci95_high", maybe(row.ratio_high)},
        {"grade", row.grade ? Json(name_of(*row.grade)) : Json(nullptr)},
        {"floor_probability", maybe(row.floor_probability)},
        {"not_compared", maybe_text(row.not_compared)},
        {"metrics", from_list(row.metrics,
                              [&](const MetricRatio& each) { return from_metric(each, source); })},
        {"gaps", from_list(row.gaps, from_gap)}};
}

Json from_limit(const LimitResult& limit) {
    const bool is_fact = limit.metric.empty();
    return {{"name", limit.name},
            {"metric", is_fact ? Json(nullptr) : Json(limit.metric)},
            {"conditions", limit.conditions},
            {"statistic", is_fact ? Json(nullptr) : Json(limit.statistic)},
            {"unit", symbol(limit.unit)},
            {"value", maybe(limit.value)},
            {"value_ci95_low", maybe(limit.low)},
            {"value_ci95_high", maybe(limit.high)},
            {limit.is_ceiling ? "at_most" : "at_least", number(limit.bound)},
            {"need", name_of(limit.need)},
            {"state", name_of(limit.state)},
            {"probability", maybe(limit.probability)},
            {"note", limit.why},
            {"source", limit.source},
            {"waiver", limit.waiver ? from_waiver(*limit.waiver) : Json(nullptr)}};
}

Json from_side(const Run& run) {
    return {{"label", run.label},
            {"run_id", run.run_id},
            {"started_at", run.started_at},
            {"profile", run.profile_name},
            {"tool_version", run.tool_version},
            {"workload_version", run.workload_version}};
}

}  // namespace assay::report
