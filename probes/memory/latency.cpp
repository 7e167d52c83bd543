#include "probes/memory/latency.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/latency_settings.h"
#include "probes/memory/latency_workload.h"
#include "probes/memory/metrics.h"

namespace assay::memory {
namespace {

constexpr std::array kOptions{
    Option{"size", OptionKind::bytes, "", "",
           "the one working set to measure; without it up to four times the last-level cache"},
    Option{"pages", OptionKind::choice, "", "huge|4k",
           "only on such pages; without it both are measured"},
    Option{"node", OptionKind::text, "", "",
           "only this NUMA node, by the kernel's number: 0, 1, ..."},
};

std::uint64_t largest_bytes(const LatencySettings& settings) {
    std::size_t lines = 0;
    for (const LatencyCase& row : settings.cases)
        lines = std::max(lines, row.lines);
    return lines * kLineBytes;
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto settings = latency_settings(context, request);
    if (!settings)
        return {{CheckLevel::block, "memory chase", settings.error().message, "",
                 settings.error().kind}};
    const std::uint64_t largest = largest_bytes(*settings);
    std::vector<CheckLine> lines{
        {CheckLevel::ok, "memory chase",
         std::to_string(settings->cases.size()) + " cases up to " + std::to_string(largest / kMiB) +
             " MiB, " + std::to_string(settings->memory_bytes() / kMiB) + " MiB of memory in all",
         "", ErrorKind::unsupported}};
    if (settings->llc_bytes && request.find("size") == nullptr &&
        largest < kTimesLastLevelCache * *settings->llc_bytes)
        lines.push_back({CheckLevel::warn, "memory chase",
                         "the largest working set is " + std::to_string(largest / kMiB) +
                             " MiB against a last-level cache of " +
                             std::to_string(*settings->llc_bytes / kMiB) +
                             " MiB: it is not the memory's latency alone",
                         "Free memory, or raise the control group's limit.",
                         ErrorKind::unavailable});
    if (const auto quota = host::quota_finding(context.host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const LatencySettings settings, latency_settings(context, request));
    // First touch of fresh memory in a guest, some 1 GiB/s, then one walk at memory latency.
    constexpr std::uint64_t kFillBytesPerSecond = kGiB / 2;
    Footprint footprint;
    footprint.memory_bytes = settings.memory_bytes();
    footprint.threads = 1;
    footprint.cases = settings.cases.size();
    double shares = 0;
    for (const LatencyCase& row : settings.cases)
        shares += row.round_share;
    footprint.round_shares = shares;
    footprint.prepare_time =
        std::chrono::milliseconds(1000 * footprint.memory_bytes / kFillBytesPerSecond);
    footprint.note = "loads one CPU; touches no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(const LatencySettings settings, latency_settings(context, request));
    return make_latency_workload(context, settings);
}

}  // namespace

const Probe kLatency{.id = "memory.latency",
                     .title = "Memory latency by working set, page size and NUMA node",
                     .metrics = kLatencyMetrics,
                     .options = kOptions,
                     .check = &check,
                     .plan = &plan,
                     .prepare = &prepare};

}  // namespace assay::memory
