#include "probes/memory/loaded_settings.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/core/units.h"
#include "probes/memory/allowance.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/chase_ring.h"

namespace assay::memory {
namespace {

constexpr std::uint64_t kUnknownCacheBytes = 32 * kMiB;
constexpr double kShare = 0.04;
constexpr double kKneeShare = 0.1;  // eight windows of it
constexpr std::array kLoads{0u, 10u, 20u, 30u, 40u, 50u, 60u, 70u, 80u, 90u, 95u, 100u};
constexpr std::array kQuickLoads{0u, 50u, 100u};

std::vector<LoadPoint> points_of(Extent extent) {
    std::vector<LoadPoint> points;
    if (extent < Extent::standard) {
        for (const unsigned load : kQuickLoads)
            points.push_back({LoadMix::reads_100, load, kShare});
        if (extent == Extent::quick)
            points.push_back({LoadMix::reads_100, std::nullopt, kKneeShare});
        return points;
    }
    for (const LoadMix mix : {LoadMix::reads_100, LoadMix::reads_75, LoadMix::reads_50}) {
        for (const unsigned load : kLoads)
            points.push_back({mix, load, kShare});
        points.push_back({mix, std::nullopt, kKneeShare});
    }
    return points;
}

Expected<void> choose_kernels(LoadedSettings& settings) {
    bool found_read = false, found_copy = false;
    for (const ReadKernel& kernel : read_kernels())
        if (host::supports(kernel.isa)) {
            settings.read = kernel;
            found_read = true;
        }
    for (const StoreKernel& kernel : store_kernels())
        if (host::supports(kernel.isa) && kernel.operation == Operation::copy &&
            kernel.stores == "non_temporal") {
            settings.copy = kernel;
            found_copy = true;
        }
    if (!found_read || !found_copy)
        return failure(ErrorKind::unsupported,
                       "memory.loaded_latency has generators for x86-64 only, and this is another "
                       "processor; leave the probe out");
    return {};
}

Expected<void> choose_cpus(const host::Topology& topology, LoadedSettings& settings) {
    settings.latency_cpu = settings.pair.cpus.at(0);
    const auto core_of = [&](int cpu) {
        const auto found = std::ranges::find(topology.pus, cpu, &host::Pu::os_index);
        return found == topology.pus.end() ? -1 : found->core;
    };
    for (const int cpu : settings.pair.cpus)
        if (core_of(cpu) != core_of(settings.latency_cpu))
            settings.generator_cpus.push_back(cpu);
    if (settings.generator_cpus.empty())
        return failure(ErrorKind::unsupported,
                       "memory.loaded_latency needs a second core to make the load; widen the "
                       "affinity mask, or leave the probe out");
    return {};
}

Expected<void> choose_sizes(const RunContext& context, LoadedSettings& settings) {
    std::uint64_t bytes = kTimesLastLevelCache * settings.llc_bytes.value_or(kUnknownCacheBytes);
    const std::uint64_t generators = settings.generator_cpus.size();
    for (; bytes >= kMiB; bytes /= 2) {
        settings.lines = bytes / kLineBytes;
        const std::uint64_t unit = kArrayUnitBytes * generators;
        settings.bytes_per_array = (bytes + unit - 1) / unit * kArrayUnitBytes;
        if (settings.memory_bytes() <= own_allowance_bytes(context))
            return {};
    }
    return failure(ErrorKind::unavailable,
                   "memory.loaded_latency may use " + std::to_string(own_allowance_bytes(context)) +
                       " B of memory, which is too little; free memory, or raise the control "
                       "group's limit");
}

}  // namespace

std::uint64_t LoadedSettings::memory_bytes() const {
    return ChaseRing::memory_bytes(lines) + 2 * bytes_per_array * generator_cpus.size();
}

Expected<LoadedSettings> loaded_settings(const RunContext& context, const Request& request) {
    LoadedSettings settings;
    const host::Topology& topology = context.host.topology;
    ASSAY_TRY_VOID(choose_kernels(settings));
    ASSAY_TRY(const std::vector<NodePair> pairs,
              chosen_pairs("memory.loaded_latency", topology, request));
    settings.pair = pairs.at(0);
    settings.bind = topology.nodes.size() > 1;
    if (settings.pair.cpus.empty())
        return failure(ErrorKind::unsupported,
                       "memory.loaded_latency: this process may use no CPU "
                       "of the node; widen its affinity mask");
    ASSAY_TRY_VOID(choose_cpus(topology, settings));
    settings.llc_bytes = settings.pair.llc_bytes;
    ASSAY_TRY_VOID(choose_sizes(context, settings));
    settings.points = points_of(request.extent);
    return settings;
}

}  // namespace assay::memory
