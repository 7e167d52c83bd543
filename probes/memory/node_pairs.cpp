#include "probes/memory/node_pairs.h"

#include <algorithm>

namespace assay::memory {
namespace {

// A matrix of 2 x 2 nodes has two remote pairs; wider ones wait for a longer run.
constexpr std::size_t kMostRemoteQuick = 2;

std::vector<int> cpus_of(const host::Topology& topology, std::optional<int> node) {
    std::vector<int> cpus = topology.pinning_order();
    if (!node)
        return cpus;
    const std::vector<int> own = topology.allowed_cpus_of_node(*node);
    std::erase_if(cpus, [&](int cpu) { return std::ranges::count(own, cpu) == 0; });
    return cpus;
}

NodePair make_pair(const host::Topology& topology, std::optional<int> cpu_node,
                   std::optional<int> memory_node, Distance distance) {
    NodePair pair{.cpu_node = cpu_node,
                  .memory_node = memory_node,
                  .distance = distance,
                  .cpus = cpus_of(topology, cpu_node),
                  .allowed_cpus = 0,
                  .llc_bytes = {}};
    pair.allowed_cpus = pair.cpus.size();
    pair.llc_bytes = llc_bytes_of(topology, pair.cpus);
    return pair;
}

bool contains(const std::vector<int>& nodes, int node) {
    return std::ranges::count(nodes, node) != 0;
}

}  // namespace

std::optional<std::uint64_t> llc_bytes_of(const host::Topology& topology,
                                          const std::vector<int>& cpus) {
    host::Topology part = topology;
    for (host::Pu& pu : part.pus)
        pu.allowed = contains(cpus, pu.os_index);
    return part.last_level_cache_bytes();
}

std::vector<NodePair> node_pairs(const host::Topology& topology) {
    std::vector<int> with_cpus, with_memory;
    for (const host::NumaNode& node : topology.nodes) {
        if (!topology.allowed_cpus_of_node(node.os_index).empty())
            with_cpus.push_back(node.os_index);
        // A node whose size nobody tells is taken to have memory: binding to it will tell.
        if (node.memory_bytes.value_or(1) > 0)
            with_memory.push_back(node.os_index);
    }
    if (with_cpus.empty() || with_memory.empty())
        return {make_pair(topology, std::nullopt, std::nullopt, Distance::local)};
    std::vector<NodePair> pairs;
    for (const int node : with_cpus)
        if (contains(with_memory, node))
            pairs.push_back(make_pair(topology, node, node, Distance::local));
    for (const int node : with_memory)
        if (!contains(with_cpus, node))
            pairs.push_back(make_pair(topology, with_cpus.front(), node, Distance::lent));
    for (const int node : with_cpus)
        if (!contains(with_memory, node))
            pairs.push_back(make_pair(topology, node, with_memory.front(), Distance::lent));
    const std::size_t near = pairs.size();
    for (const int cpu_node : with_cpus)
        for (const int memory_node : with_memory) {
            const bool known =
                std::any_of(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(near),
                            [&](const NodePair& pair) {
                                return pair.cpu_node == cpu_node && pair.memory_node == memory_node;
                            });
            if (!known)
                pairs.push_back(make_pair(topology, cpu_node, memory_node, Distance::remote));
        }
    return pairs;
}

Expected<std::vector<NodePair>> chosen_pairs(std::string_view probe, const host::Topology& topology,
                                             const Request& request) {
    std::vector<NodePair> pairs = node_pairs(topology);
    const std::string* wanted = request.find("node");
    if (wanted != nullptr) {
        std::string known;
        for (const NodePair& pair : pairs) {
            if (pair.distance != Distance::local || !pair.memory_node)
                continue;
            if (std::to_string(*pair.memory_node) == *wanted)
                return std::vector{pair};
            known += " " + std::to_string(*pair.memory_node);
        }
        return failure(ErrorKind::usage,
                       std::string(probe) + " --node " + *wanted +
                           ": no NUMA node of that number has memory and CPUs that this process "
                           "may use; choose of:" +
                           (known.empty() ? " none (this kernel has no NUMA)" : known));
    }
    if (request.extent >= Extent::standard)
        return pairs;
    std::size_t remote = 0;
    std::erase_if(pairs, [&](const NodePair& pair) {
        return pair.distance == Distance::remote && ++remote > kMostRemoteQuick;
    });
    return pairs;
}

std::string place_text(const NodePair& pair) {
    if (!pair.memory_node)
        return "this host";
    std::string text = "NUMA node " + std::to_string(*pair.memory_node);
    if (pair.cpu_node != pair.memory_node && pair.cpu_node)
        text += " as seen from node " + std::to_string(*pair.cpu_node);
    return text;
}

std::string case_prefix(const NodePair& pair) {
    if (!pair.memory_node)
        return "";
    std::string text = "node " + std::to_string(pair.cpu_node.value_or(*pair.memory_node));
    if (pair.cpu_node != pair.memory_node && pair.cpu_node)
        text += " to node " + std::to_string(*pair.memory_node);
    return text + ", ";
}

void add_node_conditions(const NodePair& pair, std::vector<Condition>& conditions) {
    conditions.push_back({"cpu_node", pair.cpu_node});
    conditions.push_back({"memory_node", pair.memory_node});
}

}  // namespace assay::memory
