#include "report/json_writer.h"

#include "report/error_names.h"
#include "report/json_parts.h"

namespace assay::report {
namespace {

Json from_value(const Value& value);

Json from_members(const Value::Object& members) {
    Json object = Json::object();
    for (const Member& member : members)
        append(object, member.name, from_value(member.value));
    return object;
}

Json from_value(const Value& value) {
    if (const auto* members = value.as_object())
        return from_members(*members);
    if (const auto* list = value.as_list()) {
        Json array = Json::array();
        for (const Value& entry : *list)
            array.push_back(from_value(entry));
        return array;
    }
    if (const std::string* text = value.as_text())
        return *text;
    if (const auto truth = value.as_bool())
        return *truth;
    if (const auto whole = value.as_integer())
        return *whole;
    return maybe(value.as_number());
}

Json from_numbers(const std::vector<double>& values) {
    Json array = Json::array();
    for (const double value : values)
        array.push_back(number(value));
    return array;
}

Json from_finding(const Finding& finding) {
    return {{"id", finding.id},
            {"severity", name_of(finding.severity)},
            {"message", finding.message},
            {"advice", finding.advice}};
}

Json from_summary(const Summary& summary) {
    return {{"n", summary.n},
            {"median", maybe(summary.median)},
            {"min", maybe(summary.min)},
            {"max", maybe(summary.max)},
            {"mad", maybe(summary.mad)},
            {"ci95_low", maybe(summary.ci95_low)},
            {"ci95_high", maybe(summary.ci95_high)}};
}

Json from_percentiles(const std::optional<Percentiles>& percentiles) {
    if (!percentiles)
        return nullptr;
    Json object = Json::object();
    append(object, "count", percentiles->count);
    append(object, "mean", maybe(percentiles->mean));
    append(object, "min", maybe(percentiles->min));
    append(object, "max", maybe(percentiles->max));
    for (std::size_t index = 0; index < kPercentileNames.size(); ++index)
        append(object, std::string(kPercentileNames[index].name),
               maybe(percentiles->values[index]));
    return object;
}

Json from_invalid_sample(const InvalidSample& sample) {
    return {{"value", number(sample.value)}, {"reasons", sample.reasons}};
}

Json from_slow_operation(const SlowOperationRecord& slow) {
    return {{"latency", number(slow.latency)},
            {"after_s", number(slow.after_s)},
            {"offset", slow.offset},
            {"kind", slow.kind},
            {"round", slow.round}};
}

Json from_point(const SeriesPoint& point) {
    return {{"per_second", number(point.per_second)},
            {"p50", maybe(point.p50)},
            {"p99", maybe(point.p99)},
            {"max", maybe(point.max)}};
}

Json from_series(const RoundSeries& series) {
    return {{"interval_s", number(series.interval_s)},
            {"points", from_list(series.points, from_point)}};
}

Json from_measurement(const Measurement& measurement) {
    Json object{{"metric", measurement.metric},
                {"unit", symbol(measurement.unit)},
                {"better", name_of(measurement.better)},
                {"conditions", from_members(measurement.conditions)},
                {"samples", from_numbers(measurement.samples)},
                {"invalid_samples", from_list(measurement.invalid_samples, from_invalid_sample)},
                {"summary", from_summary(measurement.summary)},
                {"percentiles", from_percentiles(measurement.percentiles)}};
    if (!measurement.slowest.empty())
        append(object, "slowest", from_list(measurement.slowest, from_slow_operation));
    if (!measurement.series.empty())
        append(object, "series", from_list(measurement.series, from_series));
    append(object, "findings", from_list(measurement.findings, from_finding));
    return object;
}

Json from_round(const RoundRecord& round) {
    const RoundGates& gates = round.gates;
    return {{"case", round.case_name},
            {"started_s", number(round.started_s)},
            {"duration_s", number(round.duration_s)},
            {"valid", round.valid},
            {"reasons", round.reasons},
            {"gates",
             {{"steal_ratio", maybe(gates.steal_ratio)},
              {"gap_ratio", maybe(gates.gap_ratio)},
              {"cpu_ratio", maybe(gates.cpu_ratio)},
              {"throttled_ratio", maybe(gates.throttled_ratio)},
              {"pressure_ratio", maybe(gates.pressure_ratio)},
              {"clock_drift_ppm", maybe(gates.clock_drift_ppm)}}}};
}

Json from_probe(const ProbeResult& probe) {
    const bool has_reason = probe.reason.has_value();
    return {{"id", probe.id},
            {"status", name_of(probe.status)},
            {"reason", has_reason ? Json(probe.reason->message) : Json(nullptr)},
            {"reason_kind", has_reason ? Json(name_of(probe.reason->kind)) : Json(nullptr)},
            {"measurements", from_list(probe.measurements, from_measurement)},
            {"rounds", from_list(probe.rounds, from_round)}};
}

Json from_resources(const ResourceSeries& resources) {
    Json rows = Json::array();
    for (const auto& cells : resources.rows)
        rows.push_back(from_list(cells, maybe));
    return {{"interval_s", number(resources.interval_s)},
            {"columns", resources.columns},
            {"rows", std::move(rows)},
            {"monitor_cpu_ratio", maybe(resources.monitor_cpu_ratio)}};
}

Json from_run(const Run& run) {
    const auto* environment = run.environment.as_object();
    return {
        {"schema", kRunSchema},
        {"run_id", run.run_id},
        {"label", run.label},
        {"tool", {{"version", run.tool_version}, {"workload_version", run.workload_version}}},
        {"started_at", run.started_at},
        {"duration_s", number(run.duration_s)},
        {"profile",
         {{"name", run.profile_name}, {"budget_s", number(run.budget_s)}, {"seed", run.seed}}},
        {"environment", environment ? from_members(*environment) : Json::object()},
        {"validity", {{"valid", run.valid}, {"findings", from_list(run.findings, from_finding)}}},
        {"probes", from_list(run.probes, from_probe)},
        {"resources", from_resources(run.resources)}};
}

}  // namespace

std::string run_to_json(const Run& run) {
    return document_text(from_run(run));
}

std::optional<Unit> unit_of_metric(const Run& run, std::string_view metric) {
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            if (measurement.metric == metric)
                return measurement.unit;
    return std::nullopt;
}

}  // namespace assay::report
