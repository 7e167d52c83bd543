#include "probes/memory/node_pairs.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/core/units.h"

namespace assay::memory {
namespace {

/// Node 0: CPUs and memory. 1: offline, so absent. 2: memory only. 3: CPUs only. 4: both.
host::Topology odd_nodes() {
    host::Topology topology;
    for (int cpu = 0; cpu < 6; ++cpu) {
        const int node = cpu < 2 ? 0 : cpu < 4 ? 3 : 4;
        topology.pus.push_back(
            {.os_index = cpu, .core = cpu, .package = 0, .numa_node = node, .allowed = true});
    }
    topology.nodes = {{0, kGiB, {0, 1}}, {2, kGiB, {}}, {3, 0, {2, 3}}, {4, kGiB, {4, 5}}};
    topology.caches = {{3, "unified", kMiB, {0, 1}}, {3, "unified", 2 * kMiB, {2, 3, 4, 5}}};
    return topology;
}

struct Row {
    int cpu_node, memory_node;
    Distance distance;
    bool operator==(const Row&) const = default;
};
std::vector<Row> rows(const std::vector<NodePair>& pairs) {
    std::vector<Row> made;
    for (const NodePair& pair : pairs)
        made.push_back({pair.cpu_node.value_or(-1), pair.memory_node.value_or(-1), pair.distance});
    return made;
}

TEST(NodePairs, AreTheWholeMatrixWithTheNearOnesFirst) {
    using enum Distance;
    const auto pairs = node_pairs(odd_nodes());
    EXPECT_EQ(rows(pairs), (std::vector<Row>{{0, 0, local},
                                             {4, 4, local},
                                             {0, 2, lent},
                                             {3, 0, lent},
                                             {0, 4, remote},
                                             {3, 2, remote},
                                             {3, 4, remote},
                                             {4, 0, remote},
                                             {4, 2, remote}}));
    EXPECT_EQ(pairs[2].cpus, (std::vector<int>{0, 1}));
    EXPECT_EQ(pairs[2].llc_bytes, kMiB);
    EXPECT_EQ(pairs[3].cpus, (std::vector<int>{2, 3}));
    EXPECT_EQ(pairs[3].llc_bytes, 2 * kMiB);
}

TEST(NodePairs, ANodeWhoseCpusWeMayNotUseIsLikeOneWithoutCpus) {
    host::Topology topology = odd_nodes();
    for (host::Pu& pu : topology.pus)
        pu.allowed = pu.os_index < 2;
    using enum Distance;
    EXPECT_EQ(rows(node_pairs(topology)),
              (std::vector<Row>{{0, 0, local}, {0, 2, lent}, {0, 4, lent}}));
}

TEST(NodePairs, AHostWithoutNodesIsOnePair) {
    host::Topology topology = odd_nodes();
    topology.nodes.clear();
    const auto pairs = node_pairs(topology);
    EXPECT_EQ(rows(pairs), (std::vector<Row>{{-1, -1, Distance::local}}));
    EXPECT_EQ(pairs[0].cpus.size(), 6u);
    EXPECT_EQ(place_text(pairs[0]), "this host");
    EXPECT_EQ(case_prefix(pairs[0]), "");
}

TEST(NodePairs, QuickRunsTakeFewRemoteOnesAndNodeTakesOneLocalOne) {
    Request request;
    request.extent = Extent::quick;
    EXPECT_EQ(chosen_pairs("p", odd_nodes(), request)->size(), 6u);
    request.extent = Extent::standard;
    EXPECT_EQ(chosen_pairs("p", odd_nodes(), request)->size(), 9u);
    request.values = {{"node", "4"}};
    const auto one = chosen_pairs("p", odd_nodes(), request);
    ASSERT_TRUE(one);
    EXPECT_EQ(rows(*one), (std::vector<Row>{{4, 4, Distance::local}}));
    for (const char* wrong : {"1", "2", "3", "x", ""}) {
        request.values = {{"node", wrong}};
        const auto refused = chosen_pairs("p", odd_nodes(), request);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::usage);
        EXPECT_NE(refused.error().message.find("choose of: 0 4"), std::string::npos);
    }
}

}  // namespace
}  // namespace assay::memory
