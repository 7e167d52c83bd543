#include "probes/memory/bandwidth_settings.h"

#include <algorithm>
#include <utility>

#include "engine/core/units.h"
#include "probes/memory/allowance.h"
#include "probes/memory/bandwidth_cases.h"

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

/// --threads, on each node.
Expected<void> limit_threads(const Request& request, std::vector<NodePair>& pairs) {
    if (request.find("threads") == nullptr)
        return {};
    ASSAY_TRY(const std::uint64_t threads, request.count("threads", 1));
    for (NodePair& pair : pairs) {
        if (threads > pair.cpus.size())
            return failure(
                ErrorKind::usage,
                "--threads " + std::to_string(threads) + ": this process may use " +
                    std::to_string(pair.cpus.size()) + " CPUs" +
                    (pair.cpu_node ? " of NUMA node " + std::to_string(*pair.cpu_node) : "") +
                    "; ask for no more, or widen its affinity mask (taskset, cpuset)");
        pair.cpus.resize(threads);
    }
    return {};
}

/// Pairs in their order; those whose memory another pair has already set up use the same arrays.
void add_pairs(const std::vector<NodePair>& pairs, BandwidthSettings& settings) {
    for (const NodePair& pair : pairs) {
        auto known = std::ranges::find(settings.memories, pair.memory_node, &MemoryGroup::node);
        if (known == settings.memories.end()) {
            settings.memories.push_back({.node = pair.memory_node,
                                         .pages = settings.pages,
                                         .fill_cpus = pair.cpus,
                                         .llc_bytes = pair.llc_bytes});
            known = settings.memories.end() - 1;
        }
        if (pair.llc_bytes)
            known->llc_bytes = std::max(known->llc_bytes.value_or(0), *pair.llc_bytes);
        settings.pairs.push_back(
            {.nodes = pair,
             .memory = static_cast<std::size_t>(known - settings.memories.begin()),
             .threads = std::min(pair.cpus.size(), known->fill_cpus.size())});
    }
}

/// Shares the allowance out evenly. --size is for the arrays that are read of one node together;
/// what is left beside them goes to those that are stored to.
Expected<void> choose_sizes(const RunContext& context, const Request& request,
                            BandwidthSettings& settings) {
    const std::uint64_t share = own_allowance_bytes(context) / settings.memories.size();
    for (MemoryGroup& group : settings.memories) {
        const std::uint64_t enough =
            kTimesLastLevelCache * group.llc_bytes.value_or(kUnknownCacheBytes) + 1;
        ASSAY_TRY(const std::uint64_t wanted, request.bytes("size", enough));
        const std::uint64_t unit = kArrayUnitBytes * group.fill_cpus.size();
        const std::uint64_t units_wanted = wanted / unit + (wanted % unit == 0 ? 0 : 1);
        const std::uint64_t units = std::min(units_wanted, share / unit);
        if (units == 0)
            return failure(ErrorKind::unavailable,
                           "memory.bandwidth may use " + std::to_string(share) +
                               " B of memory and needs " + std::to_string(unit) +
                               " B at least; free memory, raise the control group's limit, or use "
                               "fewer --threads");
        group.bytes_per_array = units * kArrayUnitBytes;
        if (stores_are_measured(request))
            group.store_bytes_per_array =
                std::min(units, (share - units * unit) / (2 * unit)) * kArrayUnitBytes;
    }
    return {};
}

/// Beside the arrays of each local pair the same on 4 KiB pages, where the allowance has room for
/// all of it: an array that is smaller would compare sizes, not pages.
void add_small_pages(const RunContext& context, const Request& request,
                     BandwidthSettings& settings) {
    if (!pages_are_compared(settings, request))
        return;
    const std::uint64_t share = own_allowance_bytes(context) / settings.memories.size();
    for (BandwidthPair& pair : settings.pairs) {
        MemoryGroup small = settings.memories[pair.memory];
        if (pair.nodes.distance != Distance::local || small.store_bytes_per_array == 0 ||
            2 * small.bytes() > share)
            continue;
        small.pages = host::PagePreference::small;
        pair.small_memory = settings.memories.size();
        settings.memories.push_back(std::move(small));
    }
}

}  // namespace

std::uint64_t BandwidthSettings::bytes() const {
    std::uint64_t sum = 0;
    for (const MemoryGroup& group : memories)
        sum += group.bytes();
    return sum;
}

std::string scope_of(const BandwidthPair& pair, std::size_t threads) {
    return threads == pair.nodes.allowed_cpus ? "all" : threads == 1 ? "one" : "some";
}

Expected<BandwidthSettings> bandwidth_settings(const RunContext& context, const Request& request) {
    BandwidthSettings settings;
    ASSAY_TRY(settings.kernel, widest_kernel());
    ASSAY_TRY(settings.spec, requested_memory_spec(request));
    ASSAY_TRY(std::vector<NodePair> pairs,
              chosen_pairs("memory.bandwidth", context.host.topology, request));
    settings.bind = context.host.topology.nodes.size() > 1;
    const std::string pages = request.text("pages", "huge");
    if (pages != "huge" && pages != "4k")
        return failure(ErrorKind::usage, "--pages " + pages + ": choose huge or 4k");
    settings.pages = pages == "huge" ? host::PagePreference::huge : host::PagePreference::small;
    ASSAY_TRY_VOID(limit_threads(request, pairs));
    add_pairs(pairs, settings);
    ASSAY_TRY_VOID(choose_sizes(context, request, settings));
    add_small_pages(context, request, settings);
    ASSAY_TRY(settings.cases, bandwidth_cases(settings, request));
    return settings;
}

}  // namespace assay::memory
