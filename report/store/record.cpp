#include "report/store/record.h"

#include <algorithm>
#include <utility>

namespace assay::store {
namespace {

const std::string* text_at(const Run& run, std::string_view section, std::string_view name) {
    const Value* object = run.environment.find(section);
    const Value* value = object != nullptr ? object->find(name) : nullptr;
    return value != nullptr ? value->as_text() : nullptr;
}

/// So many letters of an identity tell the hosts of one history apart.
constexpr std::size_t kShownOfIdentity = 8;

std::string host_of(const Run& run) {
    const std::string* name = text_at(run, "host", "hostname");
    std::string host = name != nullptr && !name->empty() ? *name
                       : run.label.empty()               ? "unnamed"
                                                         : run.label;
    const std::string* identity = text_at(run, "host", "identity");
    if (identity != nullptr && !identity->empty())
        host += kIdentitySign + identity->substr(0, kShownOfIdentity);
    return host;
}

/// The conditions of the run that its measurements do not name.
std::vector<Fact> conditions_of_run(const Run& run, bool is_storage) {
    std::vector<Fact> conditions{{"profile", run.profile_name},
                                 {"workload", std::to_string(run.workload_version)}};
    const std::string* mount = text_at(run, "storage", "mount_point");
    if (mount == nullptr)
        mount = text_at(run, "storage", "path");
    if (is_storage && mount != nullptr)
        conditions.push_back({"mount", *mount});
    return conditions;
}

/// In the order of names, so that another order in a later version is no other series.
std::string conditions_text(const Run& run, const Measurement& measurement) {
    std::vector<Fact> conditions = report::lasting_facts(Value(measurement.conditions));
    for (Fact& fact : conditions_of_run(run, measurement.metric.starts_with("storage.")))
        conditions.push_back(std::move(fact));
    std::ranges::sort(conditions, {}, &Fact::path);
    std::string text;
    for (const Fact& condition : conditions)
        text += (text.empty() ? "" : " ") + condition.path + "=" + condition.value;
    return text;
}

bool is_usable(const Measurement& measurement) {
    return measurement.summary.median &&
           std::ranges::none_of(measurement.findings, [](const Finding& finding) {
               return finding.severity == Severity::invalid;
           });
}

}  // namespace

RunRecord record_of(const Run& run, std::string document) {
    RunRecord record{.run_id = run.run_id,
                     .label = run.label,
                     .host = host_of(run),
                     .started_at = run.started_at,
                     .profile = run.profile_name,
                     .tool_version = run.tool_version,
                     .duration_s = run.duration_s,
                     .valid = run.valid,
                     .document = std::move(document),
                     .facts = report::lasting_facts(run.environment),
                     .medians = {}};
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            if (is_usable(measurement))
                record.medians.push_back({measurement.metric, conditions_text(run, measurement),
                                          measurement.unit, measurement.better,
                                          *measurement.summary.median, measurement.summary.ci95_low,
                                          measurement.summary.ci95_high});
    return record;
}

}  // namespace assay::store
