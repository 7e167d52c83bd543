#pragma once

#include <string_view>
#include <vector>

#include "engine/host/topology.h"
#include "engine/probe.h"

namespace assay::memory {

/// Two CPUs and what is the nearest that they share.
struct CpuPair {
    int first = 0, second = 0;
    std::string_view relation;  ///< "same core", "same cache", "same node", "other node"
};

/// Pairs of allowed CPUs, each once. Where they are more than `most`, those of evenly spaced CPUs,
/// and a pair of siblings if there is one. Empty on one CPU.
std::vector<CpuPair> cpu_pairs(const host::Topology& topology, std::size_t most);

/// How many pairs a run of that width measures.
std::size_t most_pairs(Extent extent);

}  // namespace assay::memory
