#include "probes/memory/latency_settings.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/core/units.h"
#include "probes/memory/allowance.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/chase_kernel.h"
#include "probes/memory/chase_ring.h"

namespace assay::memory {
namespace {

constexpr std::size_t kSmallestBytes = 4 * kKiB;
// Where no cache size is known: four times that of a common server's core complex.
constexpr std::uint64_t kUnknownCacheBytes = 32 * kMiB;
// A round of 0.1 ms samples; the chase of the largest set passes some 10 % of it.
constexpr double kShare = 0.04;
constexpr std::size_t kLargestBytes = 8 * kGiB;  // 2^27 lines: their numbers fit 32 bits

/// Rings that are alive at the same time: huge and small pages of the first pair, huge ones of the
/// others.
std::size_t rings_of(std::size_t pairs) {
    return pairs + 1;
}

std::optional<std::uint64_t> llc_of_cpu(const host::Topology& topology, int cpu) {
    return llc_bytes_of(topology, {cpu});
}

Expected<std::size_t> largest_set(const RunContext& context, const Request& request,
                                  const LatencySettings& settings) {
    const std::uint64_t enough =
        kTimesLastLevelCache * settings.llc_bytes.value_or(kUnknownCacheBytes);
    ASSAY_TRY(const std::uint64_t wanted, request.bytes("size", enough));
    const std::uint64_t share = own_allowance_bytes(context) / rings_of(settings.pairs.size());
    // Sizes that fit: halved until they do, so that what is measured stays comparable.
    std::uint64_t bytes = std::min<std::uint64_t>(wanted, kLargestBytes) / kLineBytes * kLineBytes;
    while (bytes >= kSmallestBytes && ChaseRing::memory_bytes(bytes / kLineBytes) > share)
        bytes = bytes / 2 / kLineBytes * kLineBytes;
    if (bytes < kSmallestBytes)
        return failure(ErrorKind::unavailable,
                       "memory.latency may use " + std::to_string(share) +
                           " B of memory for a chase, which is too little, or --size is below 4 "
                           "KiB; free memory, raise the control group's limit, or give a larger "
                           "--size");
    return static_cast<std::size_t>(bytes);
}

std::vector<std::size_t> chain_counts(Extent extent) {
    if (extent < Extent::quick)
        return {};
    if (extent < Extent::standard)
        return {8};
    return {2, 4, 8, 16, kMostChains};
}

void add_first_pair(const RunContext& context, const Request& request, std::size_t most_bytes,
                    LatencySettings& settings) {
    const host::Topology& topology = context.host.topology;
    const bool one_size = request.find("size") != nullptr;
    const bool one_pages = request.find("pages") != nullptr;
    const bool huge = request.text("pages", "huge") == "huge";
    const auto add = [&](ChaseKind kind, std::size_t bytes, host::PagePreference pages,
                         std::size_t chains) {
        settings.cases.push_back({0, kind, bytes / kLineBytes, pages, chains, kShare});
    };
    const auto sets =
        one_size ? std::vector{most_bytes}
                 : working_sets(topology, settings.pairs[0].cpus[0], request.extent, most_bytes);
    if (huge)
        for (const std::size_t bytes : sets)
            add(ChaseKind::random, bytes, host::PagePreference::huge, 1);
    if (!one_pages || !huge)
        for (const std::size_t bytes : sets)
            if (bytes == most_bytes || request.extent == Extent::deep)
                add(ChaseKind::random, bytes, host::PagePreference::small, 1);
    if (one_pages || request.extent < Extent::quick)
        return;
    // Below a huge page's size there is nothing to save.
    for (const std::size_t bytes : sets)
        if (bytes == most_bytes || (request.extent == Extent::deep && bytes >= 2 * kMiB))
            add(ChaseKind::tlb_cost, bytes, host::PagePreference::small, 1);
    for (const std::size_t chains : chain_counts(request.extent))
        add(ChaseKind::parallel, most_bytes, host::PagePreference::huge, chains);
}

}  // namespace

std::size_t LatencySettings::most_lines(std::size_t pair, host::PagePreference pages) const {
    std::size_t most = 0;
    for (const LatencyCase& row : cases)
        if (row.pair == pair && (row.pages == pages || row.kind == ChaseKind::tlb_cost))
            most = std::max(most, row.lines);
    return most;
}

std::uint64_t LatencySettings::memory_bytes() const {
    std::uint64_t sum = 0;
    for (std::size_t pair = 0; pair < pairs.size(); ++pair)
        for (const auto pages : {host::PagePreference::huge, host::PagePreference::small})
            if (const std::size_t lines = most_lines(pair, pages); lines > 0)
                sum += ChaseRing::memory_bytes(lines);
    return sum;
}

std::vector<std::size_t> working_sets(const host::Topology& topology, int cpu, Extent extent,
                                      std::size_t most_bytes) {
    std::vector<std::size_t> sets;
    const auto add = [&](double bytes) {
        const auto whole = static_cast<std::size_t>(bytes) / kLineBytes * kLineBytes;
        if (whole >= kSmallestBytes && whole < most_bytes)
            sets.push_back(whole);
    };
    if (extent >= Extent::standard) {
        for (double octaves = 0; sets.size() < 2 * 64; octaves += 0.5) {
            const double bytes = static_cast<double>(kSmallestBytes) * std::exp2(octaves);
            if (bytes >= static_cast<double>(most_bytes))
                break;
            add(bytes);
        }
    } else {
        for (const host::Cache& cache : topology.caches)
            if (cache.kind != "instruction" && std::ranges::count(cache.pus, cpu) != 0)
                add(static_cast<double>(cache.size_bytes) / 2);
    }
    sets.push_back(most_bytes);
    std::ranges::sort(sets);
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
    return sets;
}

Expected<LatencySettings> latency_settings(const RunContext& context, const Request& request) {
    LatencySettings settings;
    const host::Topology& topology = context.host.topology;
    ASSAY_TRY(settings.pairs, chosen_pairs("memory.latency", topology, request));
    const std::string pages = request.text("pages", "huge");
    if (pages != "huge" && pages != "4k")
        return failure(ErrorKind::usage, "--pages " + pages + ": choose huge or 4k");
    settings.bind = topology.nodes.size() > 1;
    for (const NodePair& pair : settings.pairs) {
        if (pair.cpus.empty())
            return failure(ErrorKind::unavailable,
                           "memory.latency: this process may use no CPU; widen its affinity mask");
        if (const auto llc = llc_of_cpu(topology, pair.cpus[0]))
            settings.llc_bytes = std::max(settings.llc_bytes.value_or(0), *llc);
    }
    ASSAY_TRY(const std::size_t most_bytes, largest_set(context, request, settings));
    add_first_pair(context, request, most_bytes, settings);
    for (std::size_t pair = 1; pair < settings.pairs.size(); ++pair)
        settings.cases.push_back({pair, ChaseKind::random, most_bytes / kLineBytes,
                                  host::PagePreference::huge, 1, kShare});
    return settings;
}

}  // namespace assay::memory
