#include "report/json_reader.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <utility>

#include "engine/measure/statistics.h"
#include "report/error_names.h"
#include "report/format.h"
#include "report/input_file.h"
#include "report/json_place.h"
#include "report/operations_reader.h"

namespace assay::report {
namespace {

/// More rounds than this are no run, and would make a comparison resample for minutes.
constexpr std::size_t kMostSamples = 100'000;
/// A comparison looks at pairs of measurements.
constexpr std::size_t kMostMeasurements = 10'000;
constexpr double kAgreement = 1e-9;

/// Does the text have the shape of the pattern? 'd' stands for a digit, 'x' for a hexadecimal one,
/// all else for itself.
bool has_shape(std::string_view text, std::string_view pattern) {
    return std::ranges::equal(text, pattern, [](char letter, char shape) {
        const auto byte = static_cast<unsigned char>(letter);
        if (shape == 'd')
            return std::isdigit(byte) != 0;
        return shape == 'x' ? std::isxdigit(byte) != 0 : letter == shape;
    });
}

bool is_uuid(std::string_view text) {
    return has_shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
}

/// RFC 3339 in UTC, with or without decimals of a second.
bool is_utc_time(std::string_view text) {
    constexpr std::string_view kSeconds = "dddd-dd-ddTdd:dd:dd";
    if (!has_shape(text.substr(0, kSeconds.size()), kSeconds) || !text.ends_with('Z'))
        return false;
    const std::string_view rest = text.substr(kSeconds.size(), text.size() - kSeconds.size() - 1);
    return rest.empty() || (rest.size() >= 2 && rest.size() <= 10 && rest[0] == '.' &&
                            has_shape(rest.substr(1), std::string(rest.size() - 1, 'd')));
}

/// `made` can be infinite where samples are close to the largest double; that agrees with nothing.
bool agrees(const std::optional<double>& said, const std::optional<double>& made) {
    if (!said || !made)
        return said.has_value() == made.has_value();
    return std::isfinite(*made) &&
           std::abs(*said - *made) <= kAgreement * std::max(std::abs(*said), std::abs(*made));
}

Value to_value(const JsonNode& node);

Value::Object to_members(const JsonNode::Object& object) {
    Value::Object members;
    members.reserve(object.size());
    for (const JsonMember& member : object)
        members.push_back({member.name, to_value(member.value)});
    return members;
}

Value to_value(const JsonNode& node) {
    if (const auto* object = std::get_if<JsonNode::Object>(&node.data))
        return to_members(*object);
    if (const auto* list = std::get_if<JsonNode::List>(&node.data)) {
        Value::List values;
        values.reserve(list->size());
        for (const JsonNode& entry : *list)
            values.push_back(to_value(entry));
        return values;
    }
    if (const auto* text = std::get_if<std::string>(&node.data))
        return *text;
    if (const auto* truth = std::get_if<bool>(&node.data))
        return *truth;
    if (const auto* whole = std::get_if<std::int64_t>(&node.data))
        return *whole;
    return Value(number_in(node));
}

Expected<Value::Object> members_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const Place object, object_at(place, name));
    return to_members(std::get<JsonNode::Object>(object.node->data));
}

template <class T>
using FromName = std::optional<T> (*)(std::string_view);

/// A text from a closed list.
template <class T>
Expected<T> choice_at(const Place& place, std::string_view name, FromName<T> from_name,
                      std::string_view expected) {
    ASSAY_TRY(const std::string text, text_at(place, name));
    if (const std::optional<T> choice = from_name(text))
        return *choice;
    return unexpected_at(place, name, expected);
}

std::optional<Better> better_of_name(std::string_view name) {
    for (const Better better : {Better::higher, Better::lower, Better::neither})
        if (name_of(better) == name)
            return better;
    return std::nullopt;
}

Expected<std::vector<Finding>> findings_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const std::vector<Place> rows, objects_at(place, name));
    std::vector<Finding> findings;
    for (const Place& row : rows) {
        Finding finding;
        ASSAY_TRY(finding.id, text_at(row, "id"));
        ASSAY_TRY(finding.severity,
                  choice_at(row, "severity", &severity_of_name, "info, warning or invalid"));
        ASSAY_TRY(finding.message, text_at(row, "message"));
        ASSAY_TRY(finding.advice, text_at(row, "advice"));
        findings.push_back(std::move(finding));
    }
    return findings;
}

/// The summary, made from the samples; what the document says must agree.
Expected<Summary> summary_at(const Place& place, std::span<const double> samples) {
    ASSAY_TRY(const Place row, object_at(place, "summary"));
    ASSAY_TRY(const std::uint64_t n, whole_at(row, "n"));
    const Summary summary = measure::summarize(samples);
    bool same = n == summary.n;
    struct Field {
        std::string_view name;
        std::optional<double> value;
    };
    for (const Field& field :
         {Field{"median", summary.median}, Field{"min", summary.min}, Field{"max", summary.max},
          Field{"mad", summary.mad}, Field{"ci95_low", summary.ci95_low},
          Field{"ci95_high", summary.ci95_high}}) {
        ASSAY_TRY(const std::optional<double> said, number_or_null_at(row, field.name));
        same = same && agrees(said, field.value);
    }
    if (!same)
        return failure(ErrorKind::bad_input,
                       format("{}: the summary disagrees with the samples", row.path));
    return summary;
}

/// Values that rise with their fraction, between min and max, none that the count cannot carry.
bool is_consistent(const Percentiles& percentiles) {
    const bool some = percentiles.count > 0;
    if (percentiles.mean.has_value() != some || percentiles.min.has_value() != some ||
        percentiles.max.has_value() != some)
        return false;
    double before = percentiles.min.value_or(0);
    for (std::size_t index = 0; index < percentiles.values.size(); ++index) {
        const std::optional<double>& value = percentiles.values[index];
        if (!value)
            continue;
        if (percentiles.count < kPercentileNames[index].operations_needed || *value < before)
            return false;
        before = *value;
    }
    return !some || (before <= *percentiles.max && *percentiles.min <= *percentiles.max);
}

Expected<std::optional<Percentiles>> percentiles_at(const Place& place) {
    ASSAY_TRY(const JsonNode* node, member_at(place, "percentiles"));
    if (std::holds_alternative<std::monostate>(node->data))
        return std::nullopt;
    ASSAY_TRY(const Place row, object_at(place, "percentiles"));
    Percentiles percentiles;
    ASSAY_TRY(percentiles.count, whole_at(row, "count"));
    ASSAY_TRY(percentiles.mean, number_or_null_at(row, "mean"));
    ASSAY_TRY(percentiles.min, number_or_null_at(row, "min"));
    ASSAY_TRY(percentiles.max, number_or_null_at(row, "max"));
    for (std::size_t index = 0; index < kPercentileNames.size(); ++index) {
        ASSAY_TRY(percentiles.values[index], number_or_null_at(row, kPercentileNames[index].name));
    }
    if (!is_consistent(percentiles))
        return failure(
            ErrorKind::bad_input,
            format("{}: the percentiles disagree with each other or with their count", row.path));
    return percentiles;
}

Expected<std::vector<InvalidSample>> invalid_samples_at(const Place& place) {
    ASSAY_TRY(const std::vector<Place> rows, objects_if_any(place, "invalid_samples"));
    std::vector<InvalidSample> samples;
    for (const Place& row : rows) {
        InvalidSample sample;
        ASSAY_TRY(sample.value, number_at(row, "value"));
        ASSAY_TRY(sample.reasons, texts_at(row, "reasons"));
        samples.push_back(std::move(sample));
    }
    return samples;
}

Expected<Measurement> read_measurement(const Place& place) {
    Measurement measurement;
    ASSAY_TRY(measurement.metric, text_at(place, "metric"));
    ASSAY_TRY(measurement.unit, choice_at(place, "unit", &unit_of_symbol,
                                          "ns, B, B/s, op/s, FLOP/s, Hz, ratio or count"));
    ASSAY_TRY(measurement.better,
              choice_at(place, "better", &better_of_name, "higher, lower or neither"));
    ASSAY_TRY(measurement.conditions, members_at(place, "conditions"));
    ASSAY_TRY(measurement.samples, numbers_at(place, "samples"));
    if (measurement.samples.size() > kMostSamples)
        return unexpected_at(place, "samples", format("at most {} numbers", kMostSamples));
    ASSAY_TRY(measurement.invalid_samples, invalid_samples_at(place));
    ASSAY_TRY(measurement.summary, summary_at(place, measurement.samples));
    ASSAY_TRY(measurement.percentiles, percentiles_at(place));
    ASSAY_TRY(measurement.slowest, slowest_at(place));
    ASSAY_TRY(measurement.series, series_at(place));
    ASSAY_TRY(measurement.findings, findings_at(place, "findings"));
    return measurement;
}

Expected<RoundRecord> read_round(const Place& place) {
    RoundRecord round;
    ASSAY_TRY(round.case_name, text_at(place, "case"));
    ASSAY_TRY(round.started_s, number_not_negative_at(place, "started_s"));
    ASSAY_TRY(round.duration_s, number_not_negative_at(place, "duration_s"));
    ASSAY_TRY(round.valid, truth_at(place, "valid"));
    ASSAY_TRY(round.reasons, texts_at(place, "reasons"));
    ASSAY_TRY(const Place gates, object_at(place, "gates"));
    ASSAY_TRY(round.gates.steal_ratio, number_or_null_at(gates, "steal_ratio"));
    ASSAY_TRY(round.gates.gap_ratio, number_or_null_at(gates, "gap_ratio"));
    ASSAY_TRY(round.gates.cpu_ratio, number_or_null_at(gates, "cpu_ratio"));
    ASSAY_TRY(round.gates.throttled_ratio, number_or_null_at(gates, "throttled_ratio"));
    ASSAY_TRY(round.gates.pressure_ratio, number_or_null_at(gates, "pressure_ratio"));
    ASSAY_TRY(round.gates.clock_drift_ppm, number_or_null_at(gates, "clock_drift_ppm"));
    return round;
}

/// Set unless measured; a file without the kind gets the one that the status implies.
Expected<std::optional<Error>> reason_at(const Place& place, ProbeStatus status) {
    ASSAY_TRY(std::optional<std::string> message, text_or_null_at(place, "reason"));
    if (message.has_value() != (status != ProbeStatus::measured))
        return unexpected_at(place, "reason", "null for a measured probe, a text for any other");
    if (!message)
        return std::nullopt;
    Error error{status == ProbeStatus::skipped ? ErrorKind::unsupported : ErrorKind::internal,
                std::move(*message), 0};
    if (place.node->find("reason_kind") != nullptr) {
        ASSAY_TRY(error.kind, choice_at(place, "reason_kind", &error_kind_of_name,
                                        "a kind of error as in report/schema.md"));
    }
    return error;
}

Expected<ProbeResult> read_probe(const Place& place) {
    ProbeResult probe;
    ASSAY_TRY(probe.id, text_at(place, "id"));
    ASSAY_TRY(probe.status,
              choice_at(place, "status", &probe_status_of_name, "measured, skipped or failed"));
    ASSAY_TRY(probe.reason, reason_at(place, probe.status));
    ASSAY_TRY(const std::vector<Place> measurements, objects_at(place, "measurements"));
    if (probe.status != ProbeStatus::measured && !measurements.empty())
        return unexpected_at(place, "measurements",
                             "an empty list, since the probe was not measured");
    if (measurements.size() > kMostMeasurements)
        return unexpected_at(place, "measurements", format("at most {}", kMostMeasurements));
    for (const Place& row : measurements) {
        ASSAY_TRY(Measurement measurement, read_measurement(row));
        probe.measurements.push_back(std::move(measurement));
    }
    ASSAY_TRY(const std::vector<Place> rounds, objects_if_any(place, "rounds"));
    for (const Place& row : rounds) {
        ASSAY_TRY(RoundRecord round, read_round(row));
        probe.rounds.push_back(std::move(round));
    }
    return probe;
}

Expected<std::vector<ProbeResult>> probes_at(const Place& root) {
    ASSAY_TRY(const std::vector<Place> rows, objects_at(root, "probes"));
    std::vector<ProbeResult> probes;
    std::set<std::string> ids;
    for (const Place& row : rows) {
        ASSAY_TRY(ProbeResult probe, read_probe(row));
        if (!ids.insert(probe.id).second)
            return unexpected_at(row, "id", "a probe that is not in the list already");
        probes.push_back(std::move(probe));
    }
    return probes;
}

/// One row of the resource series: numbers or null, one for each column.
Expected<std::vector<std::optional<double>>> read_cells(const JsonNode& node, const Place& place,
                                                        std::size_t row, std::size_t columns) {
    const auto* list = std::get_if<JsonNode::List>(&node.data);
    if (list == nullptr || list->size() != columns)
        return unexpected_at(place, format("rows[{}]", row),
                             format("a list of {} values, one a column", columns));
    std::vector<std::optional<double>> cells;
    cells.reserve(columns);
    for (const JsonNode& cell : *list) {
        const std::optional<double> number = number_in(cell);
        if (!number && !std::holds_alternative<std::monostate>(cell.data))
            return unexpected_at(place, format("rows[{}]", row), "numbers or null");
        cells.push_back(number);
    }
    return cells;
}

Expected<ResourceSeries> resources_at(const Place& root) {
    ResourceSeries series;
    if (root.node->find("resources") == nullptr)
        return series;
    ASSAY_TRY(const Place place, object_at(root, "resources"));
    ASSAY_TRY(series.interval_s, number_not_negative_at(place, "interval_s"));
    ASSAY_TRY(series.columns, texts_at(place, "columns"));
    ASSAY_TRY(series.monitor_cpu_ratio, number_or_null_at(place, "monitor_cpu_ratio"));
    ASSAY_TRY(const JsonNode* node, member_at(place, "rows"));
    const auto* rows = std::get_if<JsonNode::List>(&node->data);
    if (rows == nullptr)
        return unexpected_at(place, "rows", "a list");
    for (const JsonNode& row : *rows) {
        ASSAY_TRY(std::vector<std::optional<double>> cells,
                  read_cells(row, place, series.rows.size(), series.columns.size()));
        series.rows.push_back(std::move(cells));
    }
    return series;
}

/// Before anything else: is this ours, and of a version that we know?
Expected<void> check_schema(const Place& root) {
    const JsonNode* node = root.node->find("schema");
    const auto* schema = node ? std::get_if<std::string>(&node->data) : nullptr;
    constexpr std::string_view kFamily = "assay.run/";
    if (schema == nullptr || !schema->starts_with("assay."))
        return failure(ErrorKind::bad_input,
                       "this is no result of assay: the field \"schema\" does not say assay.run/1");
    if (*schema == kRunSchema)
        return {};
    const std::string_view version =
        schema->starts_with(kFamily) ? std::string_view(*schema).substr(kFamily.size()) : "";
    if (!version.empty() && version.size() < 10 && version[0] != '0' &&
        std::ranges::all_of(version, [](char digit) { return digit >= '0' && digit <= '9'; }))
        return failure(ErrorKind::bad_input,
                       format("this result was written by a newer version of assay (schema {}, "
                              "this one reads {}); update assay",
                              *schema, kRunSchema));
    return failure(ErrorKind::bad_input,
                   format("this is no run of assay but \"{}\"; name a file that `assay run -o` "
                          "has written",
                          schema->substr(0, 80)));
}

Expected<void> read_identity(const Place& root, Run& run) {
    ASSAY_TRY(run.run_id, text_at(root, "run_id"));
    if (!is_uuid(run.run_id))
        return unexpected_at(root, "run_id", "a UUID");
    ASSAY_TRY(run.label, text_at(root, "label"));
    ASSAY_TRY(const Place tool, object_at(root, "tool"));
    ASSAY_TRY(run.tool_version, text_at(tool, "version"));
    ASSAY_TRY(const std::uint64_t workload_version, whole_at(tool, "workload_version"));
    if (workload_version < 1 || !std::in_range<int>(workload_version))
        return unexpected_at(tool, "workload_version", "a whole number from 1 to 2147483647");
    run.workload_version = static_cast<int>(workload_version);
    ASSAY_TRY(run.started_at, text_at(root, "started_at"));
    if (!is_utc_time(run.started_at))
        return unexpected_at(root, "started_at", "a time as 2025-11-20T09:30:00Z");
    ASSAY_TRY(run.duration_s, number_not_negative_at(root, "duration_s"));
    ASSAY_TRY(const Place profile, object_at(root, "profile"));
    ASSAY_TRY(run.profile_name, text_at(profile, "name"));
    ASSAY_TRY(run.budget_s, number_not_negative_at(profile, "budget_s"));
    ASSAY_TRY(run.seed, whole_at(profile, "seed"));
    return {};
}

Expected<Run> read_document(const JsonNode& document) {
    ASSAY_TRY(const Place root, root_object(document));
    ASSAY_TRY_VOID(check_schema(root));
    Run run;
    ASSAY_TRY_VOID(read_identity(root, run));
    ASSAY_TRY(Value::Object environment, members_at(root, "environment"));
    run.environment = Value(std::move(environment));
    ASSAY_TRY(const Place validity, object_at(root, "validity"));
    ASSAY_TRY(run.valid, truth_at(validity, "valid"));
    ASSAY_TRY(run.findings, findings_at(validity, "findings"));
    ASSAY_TRY(run.probes, probes_at(root));
    ASSAY_TRY(run.resources, resources_at(root));
    return run;
}

}  // namespace

Expected<Run> read_run(std::string_view text) {
    ASSAY_TRY(const JsonNode document, parse_json(text));
    return read_document(document);
}

Expected<Run> read_run_file(const std::filesystem::path& path) {
    ASSAY_TRY(const std::string text, read_input_file(path, JsonLimits{}.text_bytes));
    Expected<Run> run = read_run(text);
    if (!run)
        return failure(run.error().kind, format("read {}: {}", path.string(), run.error().message));
    return run;
}

}  // namespace assay::report
