#include "probes/memory/bandwidth_settings.h"

#include <algorithm>
#include <utility>

#include "engine/core/units.h"

namespace assay::memory {
namespace {

// Where no cache size is known: over four times the largest last-level cache of a common server.
constexpr std::uint64_t kUnknownCacheBytes = 256 * kMiB;

Expected<ReadKernel> widest_kernel() {
    std::optional<ReadKernel> widest;
    for (const ReadKernel& kernel : read_kernels())
        if (host::supports(kernel.isa))
            widest = kernel;
    if (!widest)
        return failure(ErrorKind::unsupported,
                       "memory.bandwidth has kernels for x86-64 only, and this is another "
                       "processor; leave the probe out");
    return *widest;
}

std::optional<std::uint64_t> llc_bytes_of(const host::Topology& topology,
                                          const std::vector<int>& cpus) {
    host::Topology part = topology;
    for (host::Pu& pu : part.pus)
        pu.allowed = std::ranges::count(cpus, pu.os_index) != 0;
    return part.last_level_cache_bytes();
}

NodeGroup make_group(const host::Topology& topology, std::optional<int> node) {
    NodeGroup group;
    group.node = node;
    group.cpus = topology.pinning_order();
    if (node) {
        const std::vector<int> own = topology.allowed_cpus_of_node(*node);
        std::erase_if(group.cpus, [&](int cpu) { return std::ranges::count(own, cpu) == 0; });
    }
    group.allowed_cpus = group.cpus.size();
    group.llc_bytes = llc_bytes_of(topology, group.cpus);
    return group;
}

/// Nodes with both memory and CPUs that we may use; the whole host where there is none.
std::vector<NodeGroup> groups_of(const host::Topology& topology) {
    std::vector<NodeGroup> groups;
    for (const host::NumaNode& node : topology.nodes)
        if (node.memory_bytes.value_or(1) > 0 &&
            !topology.allowed_cpus_of_node(node.os_index).empty())
            groups.push_back(make_group(topology, node.os_index));
    if (groups.empty())
        groups.push_back(make_group(topology, std::nullopt));
    return groups;
}

Expected<std::vector<NodeGroup>> chosen_groups(const host::Topology& topology,
                                               const Request& request) {
    std::vector<NodeGroup> groups = groups_of(topology);
    const std::string* wanted = request.find("node");
    if (wanted == nullptr)
        return groups;
    std::string known;
    for (const NodeGroup& group : groups) {
        const std::string name = group.node ? std::to_string(*group.node) : "";
        if (group.node && name == *wanted)
            return std::vector{group};
        known += " " + name;
    }
    return failure(ErrorKind::usage,
                   "--node " + *wanted +
                       ": no NUMA node of that number has memory and CPUs that this process may "
                       "use; choose of:" +
                       (known == " " ? " none (this kernel has no NUMA)" : known));
}

Expected<void> choose_threads(const Request& request, BandwidthSettings& settings) {
    if (request.find("threads") == nullptr) {
        settings.thread_counts = {1, 0};
        return {};
    }
    ASSAY_TRY(const std::uint64_t threads, request.count("threads", 1));
    for (NodeGroup& group : settings.groups) {
        if (threads > group.cpus.size())
            return failure(ErrorKind::usage,
                           "--threads " + std::to_string(threads) + ": this process may use " +
                               std::to_string(group.cpus.size()) + " CPUs" +
                               (group.node ? " of NUMA node " + std::to_string(*group.node) : "") +
                               "; ask for no more, or widen its affinity mask (taskset, cpuset)");
        group.cpus.resize(threads);
    }
    settings.thread_counts = {0};
    return {};
}

/// Shares the allowance out evenly; `bytes` is for the arrays of one group together.
Expected<void> choose_sizes(const RunContext& context, const Request& request,
                            BandwidthSettings& settings) {
    const std::uint64_t share = context.memory_allowance_bytes / settings.groups.size();
    for (NodeGroup& group : settings.groups) {
        const std::uint64_t enough =
            kTimesLastLevelCache * group.llc_bytes.value_or(kUnknownCacheBytes) + 1;
        ASSAY_TRY(const std::uint64_t wanted, request.bytes("size", enough));
        const std::uint64_t unit = kArrayUnitBytes * group.cpus.size();
        const std::uint64_t units_wanted = wanted / unit + (wanted % unit == 0 ? 0 : 1);
        const std::uint64_t units = std::min(units_wanted, share / unit);
        if (units == 0)
            return failure(ErrorKind::unavailable,
                           "memory.bandwidth may use " + std::to_string(share) +
                               " B of memory and needs " + std::to_string(unit) +
                               " B at least; free memory, raise the control group's limit, or use "
                               "fewer --threads");
        group.bytes_per_thread = units * kArrayUnitBytes;
    }
    return {};
}

}  // namespace

Expected<BandwidthSettings> bandwidth_settings(const RunContext& context, const Request& request) {
    BandwidthSettings settings;
    ASSAY_TRY(settings.kernel, widest_kernel());
    ASSAY_TRY(settings.groups, chosen_groups(context.host.topology, request));
    settings.bind = context.host.topology.nodes.size() > 1;
    const std::string pages = request.text("pages", "huge");
    if (pages != "huge" && pages != "4k")
        return failure(ErrorKind::usage, "--pages " + pages + ": choose huge or 4k");
    settings.pages = pages == "huge" ? host::PagePreference::huge : host::PagePreference::small;
    ASSAY_TRY_VOID(choose_threads(request, settings));
    ASSAY_TRY_VOID(choose_sizes(context, request, settings));
    return settings;
}

}  // namespace assay::memory
