#include "cli/policy_input.h"

#include <chrono>
#include <vector>

#include "engine/score/compare.h"
#include "probes/registry.h"
#include "report/format.h"
#include "report/policy_reader.h"

namespace assay::cli {
namespace {

std::string today() {
    const std::chrono::year_month_day day{
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

/// What a limit may name: what this version measures, and what it scores in files of others.
std::vector<Metric> known_metrics() {
    std::vector<Metric> metrics;
    for (const Probe* probe : probes::all_probes())
        metrics.insert(metrics.end(), probe->metrics.begin(), probe->metrics.end());
    for (const score::MetricRow& row : score::metric_table())
        metrics.push_back({row.metric, "", "", row.unit, row.better, ""});
    return metrics;
}

}  // namespace

Flag policy_flag() {
    return {{"policy", OptionKind::text, "default", "",
             "weights, floors, limits and waivers: default, etcd, consensus, warren, decube, or a "
             "file"},
            '\0',
            "NAME|FILE"};
}

Expected<Policy> chosen_policy(const Arguments& arguments) {
    const std::string* name = arguments.find("policy");
    if (name == nullptr)
        return score::default_policy();
    const std::vector<Metric> metrics = known_metrics();
    return report::find_policy(*name, {today(), metrics});
}

}  // namespace assay::cli
