#include "probes/memory/bandwidth.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/bandwidth_workload.h"
#include "probes/memory/metrics.h"

namespace assay::memory {
namespace {

constexpr std::array kOptions{
    Option{"size", OptionKind::bytes, "", "",
           "all arrays of a NUMA node together; without it over four times its last-level cache"},
    Option{"threads", OptionKind::count, "", "",
           "threads on each NUMA node; without it one thread and all allowed CPUs are measured"},
    Option{"pages", OptionKind::choice, "huge", "huge|4k",
           "huge takes the largest pages that the host gives"},
    Option{"node", OptionKind::text, "", "",
           "only this NUMA node, by the kernel's number: 0, 1, ..."},
};

std::uint64_t bytes_of(const BandwidthSettings& settings) {
    std::uint64_t bytes = 0;
    for (const NodeGroup& group : settings.groups)
        bytes += group.bytes();
    return bytes;
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto settings = bandwidth_settings(context, request);
    if (!settings)
        return {{CheckLevel::block, "memory arrays", settings.error().message, "",
                 settings.error().kind}};
    std::vector<CheckLine> lines{
        {CheckLevel::ok, "memory arrays",
         std::to_string(bytes_of(*settings) / kMiB) + " MiB on " +
             std::to_string(settings->groups.size()) +
             (settings->groups.size() == 1 ? " NUMA node, " : " NUMA nodes, ") +
             std::string(settings->kernel.name) + " loads",
         "", ErrorKind::unsupported}};
    const std::uint64_t asked = request.bytes("size", 0).value_or(0);
    for (const NodeGroup& group : settings->groups) {
        if (group.bytes() < asked)
            lines.push_back({CheckLevel::warn, "memory arrays",
                             "--size asks for " + std::to_string(asked / kMiB) + " MiB, " +
                                 std::to_string(group.bytes() / kMiB) + " MiB may be used",
                             "Free memory, or raise the control group's limit.",
                             ErrorKind::unavailable});
        if (group.llc_bytes && group.bytes() < kTimesLastLevelCache * *group.llc_bytes)
            lines.push_back({CheckLevel::warn, "memory arrays",
                             "only " + std::to_string(group.bytes() / kMiB) +
                                 " MiB against a last-level cache of " +
                                 std::to_string(*group.llc_bytes / kMiB) +
                                 " MiB: part of the traffic will stay in it",
                             "Give a larger --size, free memory, or raise the memory limit.",
                             ErrorKind::unavailable});
    }
    if (const auto quota = host::quota_finding(context.host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const BandwidthSettings settings, bandwidth_settings(context, request));
    // First touch of fresh memory in a guest: some 1 GiB/s a thread.
    constexpr std::uint64_t kFillBytesPerSecond = kGiB;
    Footprint footprint;
    footprint.memory_bytes = bytes_of(settings);
    for (const NodeGroup& group : settings.groups) {
        footprint.threads = std::max(footprint.threads, group.cpus.size());
        footprint.cases += group.cpus.size() == 1 ? 1 : settings.thread_counts.size();
        footprint.prepare_time +=
            std::chrono::milliseconds(1000 * group.bytes_per_thread / kFillBytesPerSecond);
    }
    footprint.note = "loads the memory channels; touches no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(const BandwidthSettings settings, bandwidth_settings(context, request));
    return make_bandwidth_workload(context, settings);
}

}  // namespace

const Probe kBandwidth{.id = "memory.bandwidth",
                       .title = "Memory read bandwidth, by NUMA node",
                       .metrics = kBandwidthMetrics,
                       .options = kOptions,
                       .check = &check,
                       .plan = &plan,
                       .prepare = &prepare};

}  // namespace assay::memory
