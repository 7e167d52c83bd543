#include "probes/memory/loaded_latency.h"

#include <array>
#include <string>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "probes/memory/loaded_settings.h"
#include "probes/memory/loaded_workload.h"
#include "probes/memory/metrics.h"

namespace assay::memory {
namespace {

constexpr std::array kOptions{
    Option{"node", OptionKind::text, "", "",
           "only this NUMA node, by the kernel's number: 0, 1, ...; else the first"},
};

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto settings = loaded_settings(context, request);
    if (!settings)
        return {{CheckLevel::block, "memory under load", settings.error().message, "",
                 settings.error().kind}};
    std::vector<CheckLine> lines{
        {CheckLevel::ok, "memory under load",
         std::to_string(settings->points.size()) + " points, " +
             std::to_string(settings->generator_cpus.size()) + " CPUs make the load, " +
             std::to_string(settings->memory_bytes() / kMiB) + " MiB of memory",
         "", ErrorKind::unsupported}};
    if (const auto quota = host::quota_finding(context.host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const LoadedSettings settings, loaded_settings(context, request));
    constexpr std::uint64_t kFillBytesPerSecond = kGiB;  // first touch of fresh memory in a guest
    Footprint footprint;
    footprint.memory_bytes = settings.memory_bytes();
    footprint.threads = settings.generator_cpus.size() + 1;
    footprint.cases = settings.points.size();
    double shares = 0;
    for (const LoadPoint& point : settings.points)
        shares += point.round_share;
    footprint.round_shares = shares;
    footprint.prepare_time =
        std::chrono::milliseconds(200 + 1000 * footprint.memory_bytes / kFillBytesPerSecond);
    footprint.note = "loads the memory channels; touches no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(const LoadedSettings settings, loaded_settings(context, request));
    return make_loaded_workload(context, settings);
}

}  // namespace

const Probe kLoadedLatency{.id = "memory.loaded_latency",
                           .title = "Memory latency while other CPUs load the memory",
                           .metrics = kLoadedLatencyMetrics,
                           .options = kOptions,
                           .check = &check,
                           .plan = &plan,
                           .prepare = &prepare};

}  // namespace assay::memory
