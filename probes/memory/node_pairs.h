#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/host/topology.h"
#include "engine/probe.h"

/// Which CPUs are measured against which memory.
namespace assay::memory {

enum class Distance {
    local,   ///< CPUs and memory of one node, or a host that shows no nodes
    lent,    ///< a node that has only one of the two, with another node's half
    remote,  ///< CPUs of one node, memory of another that has CPUs of its own
};

struct NodePair {
    std::optional<int> cpu_node, memory_node;  ///< OS indices; absent where the kernel has no NUMA
    Distance distance = Distance::local;
    std::vector<int> cpus;                   ///< allowed ones, in the order of pinning
    std::size_t allowed_cpus = 0;            ///< of the CPU node
    std::optional<std::uint64_t> llc_bytes;  ///< last-level caches that these CPUs reach
};

/// All pairs, local ones first, then lent, then remote; never empty on a host with a CPU. A node
/// without memory lends some, one without CPUs too; a node that is offline is not there.
std::vector<NodePair> node_pairs(const host::Topology& topology);

/// The pairs that --node (a local one) or the width of the run choose: quick runs take the local
/// and lent ones and a few remote ones, longer ones the whole matrix. Errors: usage (--node).
Expected<std::vector<NodePair>> chosen_pairs(std::string_view probe, const host::Topology& topology,
                                             const Request& request);

/// Last-level caches that these CPUs reach, together. nullopt where no cache is known.
std::optional<std::uint64_t> llc_bytes_of(const host::Topology& topology,
                                          const std::vector<int>& cpus);

/// "NUMA node 0", "NUMA node 0 as seen from node 1", "this host".
std::string place_text(const NodePair& pair);
/// "node 0, ", "node 0 to node 1, ", "": before the name of a case.
std::string case_prefix(const NodePair& pair);
/// {"cpu_node", ...}, {"memory_node", ...}
void add_node_conditions(const NodePair& pair, std::vector<Condition>& conditions);

}  // namespace assay::memory
