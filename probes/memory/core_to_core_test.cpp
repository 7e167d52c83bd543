#include "probes/memory/core_to_core.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "probes/memory/cpu_pairs.h"
#include "probes/memory/ping_pong.h"

namespace assay::memory {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Two nodes; each has two caches of two cores with two threads: CPUs 0-7 and 8-15, siblings side
/// by side.
host::Topology wide() {
    host::Topology topology;
    for (int cpu = 0; cpu < 16; ++cpu)
        topology.pus.push_back({.os_index = cpu,
                                .core = cpu / 2,
                                .package = cpu / 8,
                                .numa_node = cpu / 8,
                                .allowed = true});
    for (int cache = 0; cache < 4; ++cache)
        topology.caches.push_back(
            {3, "unified", 1 << 20, {cache * 4, cache * 4 + 1, cache * 4 + 2, cache * 4 + 3}});
    return topology;
}

TEST(CpuPairs, AreAllOnceWithWhatTheyShare) {
    const auto pairs = cpu_pairs(wide(), 120);
    ASSERT_EQ(pairs.size(), 120u);
    std::set<std::pair<int, int>> seen;
    for (const CpuPair& pair : pairs) {
        EXPECT_LT(pair.first, pair.second);
        EXPECT_TRUE(seen.insert({pair.first, pair.second}).second);
        const std::string_view expected = pair.first / 2 == pair.second / 2   ? "same core"
                                          : pair.first / 4 == pair.second / 4 ? "same cache"
                                          : pair.first / 8 == pair.second / 8 ? "same node"
                                                                              : "other node";
        EXPECT_EQ(pair.relation, expected) << pair.first << ", " << pair.second;
    }
}

TEST(CpuPairs, AreSampledWhereTheyAreTooMany) {
    const auto pairs = cpu_pairs(wide(), 6);
    std::set<std::string_view> relations;
    for (const CpuPair& pair : pairs)
        relations.insert(pair.relation);
    EXPECT_EQ(pairs.size(), 7u) << "CPUs 0, 4, 8, 12, and the siblings 0 and 1";
    EXPECT_EQ(relations, (std::set<std::string_view>{"same core", "same node", "other node"}));
    host::Topology one = wide();
    one.pus.resize(1);
    EXPECT_TRUE(cpu_pairs(one, 6).empty());
}

class CoreToCoreTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(host_) << host_.error().message;
        if (host_->topology.allowed_cpus().size() < 2)
            GTEST_SKIP() << "this process has one CPU only";
    }
    RunContext context() const {
        return {.host = *host_,
                .stop = {},
                .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
                .memory_allowance_bytes = 0};
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
};

TEST_F(CoreToCoreTest, ARoundGivesALatencyAndEveryTripWasAnswered) {
    const auto workload = kCoreToCore.prepare(context(), {});
    ASSERT_TRUE(workload) << workload.error().message;
    const auto footprint = kCoreToCore.plan(context(), {});
    EXPECT_EQ(footprint->cases, (*workload)->cases().size());
    const RoundRequest round{.duration = milliseconds(60),
                             .seed = 1,
                             .stop = {},
                             .deadline = steady_clock::now() + std::chrono::seconds(60)};
    // On a busy host the two are not always there at the same time.
    auto result = (*workload)->measure(0, round);
    for (int attempt = 0; attempt < 50 && result && result->latencies[0].ticks.count() == 0;
         ++attempt)
        result = (*workload)->measure(0, round);
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ(result->latencies.size(), 1u);
    const RoundLatency& row = result->latencies[0];
    ASSERT_GT(row.ticks.count(), 0u);
    // No two cores are closer than a first-level cache or further than two microseconds.
    EXPECT_GT(static_cast<double>(*row.ticks.min()) * row.ns_per_tick, 1);
    EXPECT_LT(static_cast<double>(*row.ticks.min()) * row.ns_per_tick, 2000);
    ASSERT_TRUE(result->cpu_use);
    EXPECT_GT(result->cpu_use->wall_ns, 2 * 50'000'000);
    EXPECT_TRUE((*workload)->verify());
}

TEST_F(CoreToCoreTest, APassedDeadlineEndsTheGameAndAStopToo) {
    const auto cpus = host_->topology.allowed_cpus();
    PingPongRequest request{.first_cpu = cpus[0],
                            .second_cpu = cpus[1],
                            .line_node = {},
                            .duration = std::chrono::seconds(100),
                            .deadline = steady_clock::now() - milliseconds(1),
                            .stop = {}};
    const auto begin = steady_clock::now();
    const auto late = ping_pong(host_->clock, request);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::timed_out);
    std::stop_source source;
    source.request_stop();
    request.deadline = steady_clock::now() + std::chrono::seconds(60);
    request.stop = source.get_token();
    EXPECT_EQ(ping_pong(host_->clock, request).error().kind, ErrorKind::interrupted);
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace assay::memory
