#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/host/buffer.h"
#include "engine/probe.h"
#include "probes/memory/chase_order.h"
#include "probes/memory/node_pairs.h"

namespace assay::memory {

enum class ChaseKind { random, tlb_cost, parallel };

struct LatencyCase {
    std::size_t pair = 0;
    ChaseKind kind = ChaseKind::random;
    std::size_t lines = 0;
    host::PagePreference pages = host::PagePreference::huge;  ///< of ChaseKind::random
    std::size_t chains = 1;
    double round_share = 1;
};

struct LatencySettings {
    bool bind = false;  ///< to the node; one node alone needs no binding
    RingShape shape = RingShape::random;
    std::vector<NodePair> pairs;  ///< measured from the first of its CPUs
    std::vector<LatencyCase> cases;
    /// Largest last-level cache that one CPU reaches; nullopt where none is known.
    std::optional<std::uint64_t> llc_bytes;

    /// Largest ring that the cases of a pair need on such pages; 0 = none.
    std::size_t most_lines(std::size_t pair, host::PagePreference pages) const;
    std::uint64_t memory_bytes() const;
};

/// The working sets of a run, smallest first: from 4 KiB to `most_bytes` by half octaves in
/// standard and deep runs; else half of each data cache that `cpu` reaches, and `most_bytes`.
std::vector<std::size_t> working_sets(const host::Topology& topology, int cpu, Extent extent,
                                      std::size_t most_bytes);

/// What the user asked for, on this host, inside context.memory_allowance_bytes.
/// Errors: usage, unavailable (no memory).
Expected<LatencySettings> latency_settings(const RunContext& context, const Request& request);

}  // namespace assay::memory
