#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/probe.h"
#include "probes/memory/generator.h"
#include "probes/memory/node_pairs.h"

namespace assay::memory {

struct LoadPoint {
    LoadMix mix = LoadMix::reads_100;
    std::optional<unsigned> load_percent;  ///< of the generators' full rate; absent = find the knee
    double round_share = 1;
};

struct LoadedSettings {
    bool bind = false;
    NodePair pair;
    int latency_cpu = 0;
    std::vector<int> generator_cpus;  ///< none on the core of the latency CPU
    std::size_t lines = 0;            ///< of the chase
    std::size_t bytes_per_array = 0;  ///< a generator has two
    std::optional<std::uint64_t> llc_bytes;
    ReadKernel read{};
    StoreKernel copy{};
    std::vector<LoadPoint> points;

    std::uint64_t memory_bytes() const;
};

/// Errors: usage, unsupported (one core only, no kernels), unavailable (no memory).
Expected<LoadedSettings> loaded_settings(const RunContext& context, const Request& request);

}  // namespace assay::memory
