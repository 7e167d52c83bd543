#include "probes/memory/cpu_pairs.h"

#include <algorithm>

namespace assay::memory {
namespace {

const host::Pu* pu_of(const host::Topology& topology, int cpu) {
    const auto found = std::ranges::find(topology.pus, cpu, &host::Pu::os_index);
    return found == topology.pus.end() ? nullptr : &*found;
}

/// The caches of the last level, which CPUs of one complex share.
bool share_last_level(const host::Topology& topology, int first, int second) {
    int last = 0;
    for (const host::Cache& cache : topology.caches)
        last = std::max(last, cache.level);
    return std::ranges::any_of(topology.caches, [&](const host::Cache& cache) {
        return cache.level == last && cache.kind != "instruction" &&
               std::ranges::count(cache.pus, first) != 0 &&
               std::ranges::count(cache.pus, second) != 0;
    });
}

CpuPair pair_of(const host::Topology& topology, int first, int second) {
    const host::Pu* a = pu_of(topology, first);
    const host::Pu* b = pu_of(topology, second);
    std::string_view relation = "other node";
    if (a != nullptr && b != nullptr) {
        if (a->core == b->core)
            relation = "same core";
        else if (share_last_level(topology, first, second))
            relation = "same cache";
        else if (a->numa_node == b->numa_node)
            relation = "same node";
    }
    return {first, second, relation};
}

}  // namespace

std::vector<CpuPair> cpu_pairs(const host::Topology& topology, std::size_t most) {
    const std::vector<int> cpus = topology.allowed_cpus();
    std::size_t taken = cpus.size();
    while (taken > 2 && taken * (taken - 1) / 2 > most)
        --taken;
    std::vector<int> chosen;
    for (std::size_t index = 0; index < taken; ++index)
        chosen.push_back(cpus[index * cpus.size() / taken]);
    std::vector<CpuPair> pairs;
    for (std::size_t first = 0; first < chosen.size(); ++first)
        for (std::size_t second = first + 1; second < chosen.size(); ++second)
            pairs.push_back(pair_of(topology, chosen[first], chosen[second]));
    if (taken == cpus.size() ||
        std::ranges::count(pairs, std::string_view("same core"), &CpuPair::relation) != 0)
        return pairs;
    for (const int other : cpus)
        if (other != cpus[0] && pair_of(topology, cpus[0], other).relation == "same core") {
            pairs.push_back(pair_of(topology, cpus[0], other));
            break;
        }
    return pairs;
}

std::size_t most_pairs(Extent extent) {
    switch (extent) {
        case Extent::smoke:
            return 1;
        case Extent::quick:
            return 6;  // of 4 CPUs
        case Extent::standard:
            return 28;  // of 8
        case Extent::deep:
            return 120;  // of 16
    }
    return 1;
}

}  // namespace assay::memory
