// Where memory lies on a host of several NUMA nodes. scripts/numa-guest runs these in guests with
// two and four nodes; on a host with one node they are skipped.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "engine/core/units.h"
#include "engine/host/buffer.h"
#include "engine/host/host.h"
#include "probes/memory/bandwidth.h"
#include "probes/memory/latency.h"
#include "probes/memory/node_pairs.h"
#include "probes/memory/placement.h"
#include "tests/truth/rounds.h"

namespace assay {
namespace {

using test::context_of;
using test::has;
using test::round_of;

class NumaTruth : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(host_) << host_.error().message;
        for (const host::NumaNode& node : host_->topology.nodes)
            if (node.memory_bytes.value_or(0) > 0)
                with_memory_.push_back(node.os_index);
        if (with_memory_.size() < 2)
            GTEST_SKIP() << "one NUMA node with memory only; scripts/numa-guest boots more";
    }
    static host::Buffer touched(int node) {
        auto buffer = host::Buffer::allocate(
            {.bytes = 4 * kMiB, .pages = host::PagePreference::small, .numa_node = node});
        EXPECT_TRUE(buffer) << buffer.error().message;
        std::ranges::fill(buffer->bytes(), std::byte{1});
        return std::move(*buffer);
    }
    static memory::Placement ask(const host::Buffer& buffer, int node) {
        const memory::UsedBuffer used{&buffer, buffer.size()};
        return memory::placement_of({&used, 1}, "NUMA node " + std::to_string(node), node,
                                    host::PagePreference::small);
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
    std::vector<int> with_memory_;
};

TEST_F(NumaTruth, EveryPageOfABoundBufferLiesOnItsNode) {
    for (const int node : with_memory_) {
        const host::Buffer buffer = touched(node);
        const auto pages = buffer.placement(buffer.size());
        ASSERT_TRUE(pages);
        EXPECT_EQ(pages->asked, 1024u);
        EXPECT_EQ(pages->nodes, (std::map<int, std::size_t>{{node, 1024}}));
    }
}

TEST_F(NumaTruth, MemoryOnAnotherNodeIsNamedAndOnTheRightOneNot) {
    for (const int node : with_memory_)
        for (const int wanted : with_memory_) {
            const memory::Placement placement = ask(touched(node), wanted);
            EXPECT_EQ(has(memory::placement_findings(placement, placement), "remote_pages"),
                      node != wanted)
                << node << ", wanted " << wanted;
        }
}

TEST_F(NumaTruth, EveryPairIsMeasuredWithItsMemoryInPlace) {
    std::set<int> memory_nodes;
    std::size_t pairs = 0;
    for (const memory::NodePair& pair : memory::node_pairs(host_->topology)) {
        memory_nodes.insert(*pair.memory_node);
        EXPECT_FALSE(pair.cpus.empty());
        ++pairs;
    }
    EXPECT_EQ(memory_nodes, std::set<int>(with_memory_.begin(), with_memory_.end()));
    for (const Probe* probe : {&memory::kBandwidth, &memory::kLatency}) {
        Request request;
        request.values = {{"size", "4m"}};
        request.extent = Extent::standard;
        const auto workload = probe->prepare(context_of(*host_), request);
        ASSERT_TRUE(workload) << workload.error().message;
        std::set<std::string> places;
        for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
            std::string place;
            for (const Condition& condition : (*workload)->cases()[index].conditions)
                if (condition.name == "cpu_node" || condition.name == "memory_node")
                    place += std::to_string(condition.value.as_integer().value_or(-1)) + " ";
            places.insert(place);
            const auto result =
                (*workload)->measure(index, round_of(std::chrono::milliseconds(20)));
            EXPECT_TRUE(result) << result.error().message;
        }
        EXPECT_EQ(places.size(), pairs);
        EXPECT_FALSE(has((*workload)->findings(), "remote_pages"));
        EXPECT_FALSE(has((*workload)->findings(), "zero_page"));
        const auto verified = (*workload)->verify();
        EXPECT_TRUE(verified) << verified.error().message;
        for (const std::string& place : places)
            std::printf("%s: CPU node, memory node %s\n", std::string(probe->id).c_str(),
                        place.c_str());
    }
}

}  // namespace
}  // namespace assay
