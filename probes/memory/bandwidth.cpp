#include "probes/memory/bandwidth.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "probes/memory/bandwidth_cases.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/bandwidth_workload.h"
#include "probes/memory/metrics.h"
#include "probes/memory/placement.h"

namespace assay::memory {
namespace {

constexpr std::array kOptions{
    Option{"size", OptionKind::bytes, "", "",
           "the arrays of a NUMA node that are read together; without it over four times its "
           "last-level cache. Stores use two more as large"},
    Option{"threads", OptionKind::count, "", "",
           "threads on each NUMA node; without it one thread and all allowed CPUs are measured"},
    kOperationOption,
    kStoresOption,
    Option{"pages", OptionKind::choice, "huge", "huge|4k",
           "huge takes the largest pages that the host gives"},
    Option{"node", OptionKind::text, "", "",
           "only this NUMA node, by the kernel's number: 0, 1, ..."},
    kMemorySpecOption,
};

void add_group_lines(const MemoryGroup& group, std::uint64_t asked, std::vector<CheckLine>& lines) {
    const std::uint64_t bytes = group.bytes_per_array * group.fill_cpus.size();
    if (bytes < asked)
        lines.push_back({CheckLevel::warn, "memory arrays",
                         "--size asks for " + std::to_string(asked / kMiB) + " MiB, " +
                             std::to_string(bytes / kMiB) + " MiB may be used",
                         "Free memory, or raise the control group's limit.",
                         ErrorKind::unavailable});
    if (group.llc_bytes && bytes < kTimesLastLevelCache * *group.llc_bytes)
        lines.push_back({CheckLevel::warn, "memory arrays",
                         "only " + std::to_string(bytes / kMiB) +
                             " MiB against a last-level cache of " +
                             std::to_string(*group.llc_bytes / kMiB) +
                             " MiB: part of the traffic will stay in it",
                         "Give a larger --size, free memory, or raise the memory limit.",
                         ErrorKind::unavailable});
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto settings = bandwidth_settings(context, request);
    if (!settings)
        return {{CheckLevel::block, "memory arrays", settings.error().message, "",
                 settings.error().kind}};
    // Those on 4 KiB pages lie beside others of the same node and size.
    std::vector<MemoryGroup> nodes = settings->memories;
    std::erase_if(nodes, [&](const MemoryGroup& group) { return group.pages != settings->pages; });
    std::vector<CheckLine> lines{{CheckLevel::ok, "memory arrays",
                                  std::to_string(settings->bytes() / kMiB) + " MiB on " +
                                      std::to_string(nodes.size()) +
                                      (nodes.size() == 1 ? " NUMA node, " : " NUMA nodes, ") +
                                      std::string(settings->kernel.name) + " loads",
                                  "", ErrorKind::unsupported}};
    const std::uint64_t asked = request.bytes("size", 0).value_or(0);
    for (const MemoryGroup& group : nodes)
        add_group_lines(group, asked, lines);
    for (const Finding& finding : kernel_memory_findings(context.host.files))
        lines.push_back({CheckLevel::warn, "kernel memory", finding.message, finding.advice,
                         ErrorKind::unsupported});
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
    footprint.memory_bytes = settings.bytes();
    for (const BandwidthPair& pair : settings.pairs)
        footprint.threads = std::max(footprint.threads, pair.nodes.cpus.size());
    for (const MemoryGroup& group : settings.memories)
        footprint.prepare_time += std::chrono::milliseconds(
            1000 * (group.bytes_per_array + 2 * group.store_bytes_per_array) / kFillBytesPerSecond);
    footprint.cases = settings.cases.size();
    double shares = 0;
    for (const BandwidthCase& row : settings.cases)
        shares += row.round_share;
    footprint.round_shares = shares;
    footprint.note = "loads the memory channels; touches no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(const BandwidthSettings settings, bandwidth_settings(context, request));
    return make_bandwidth_workload(context, settings);
}

}  // namespace

const Probe kBandwidth{.id = "memory.bandwidth",
                       .title = "Memory bandwidth: read, write, copy and triad, by NUMA node",
                       .metrics = kBandwidthMetrics,
                       .options = kOptions,
                       .check = &check,
                       .plan = &plan,
                       .prepare = &prepare};

}  // namespace assay::memory
