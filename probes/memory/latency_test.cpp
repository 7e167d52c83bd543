#include "probes/memory/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <string>

#include "engine/core/units.h"
#include "probes/memory/latency_settings.h"
#include "probes/memory/latency_workload.h"

namespace assay::memory {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

host::Topology caches_of_a_server() {
    host::Topology topology;
    for (int cpu = 0; cpu < 2; ++cpu)
        topology.pus.push_back(
            {.os_index = cpu, .core = cpu, .package = 0, .numa_node = {}, .allowed = true});
    for (int cpu = 0; cpu < 2; ++cpu) {
        topology.caches.push_back({1, "data", 32 * kKiB, {cpu}});
        topology.caches.push_back({1, "instruction", 64 * kKiB, {cpu}});
        topology.caches.push_back({2, "unified", kMiB, {cpu}});
    }
    topology.caches.push_back({3, "unified", 32 * kMiB, {0, 1}});
    return topology;
}

class LatencyTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(host_) << host_.error().message; }
    RunContext context(std::uint64_t allowance = 256 * kMiB) const {
        return {.host = *host_,
                .stop = {},
                .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
                .memory_allowance_bytes = allowance};
    }
    static Request request(std::map<std::string, std::string, std::less<>> values,
                           Extent extent = Extent::quick) {
        Request made;
        made.values = std::move(values);
        made.extent = extent;
        return made;
    }
    static RoundRequest round(std::uint64_t seed = 1) {
        return {.duration = milliseconds(20),
                .seed = seed,
                .stop = {},
                .deadline = steady_clock::now() + std::chrono::seconds(60)};
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
};

TEST(WorkingSets, AreHalfOfEachCacheAndTheLargestOrAllHalfOctaves) {
    const host::Topology topology = caches_of_a_server();
    EXPECT_EQ(working_sets(topology, 0, Extent::quick, 128 * kMiB),
              (std::vector<std::size_t>{16 * kKiB, 512 * kKiB, 16 * kMiB, 128 * kMiB}));
    const auto all = working_sets(topology, 0, Extent::standard, 128 * kMiB);
    ASSERT_EQ(all.size(), 31u) << "15 octaves from 4 KiB to 128 MiB";
    EXPECT_EQ(all.front(), 4 * kKiB);
    EXPECT_EQ(all.back(), 128 * kMiB);
    for (std::size_t at = 1; at < all.size(); ++at)
        EXPECT_NEAR(static_cast<double>(all[at]) / static_cast<double>(all[at - 1]), std::sqrt(2),
                    0.03);
    EXPECT_EQ(working_sets(topology, 0, Extent::quick, 4 * kKiB),
              std::vector<std::size_t>{4 * kKiB});
}

TEST_F(LatencyTest, SettingsNeverExceedTheAllowance) {
    for (const std::uint64_t allowance : {3 * kMiB, 20 * kMiB, 100 * kMiB, kGiB, 100 * kGiB})
        for (const Extent extent : {Extent::smoke, Extent::quick, Extent::deep}) {
            const auto settings = latency_settings(context(allowance), request({}, extent));
            if (!settings) {
                EXPECT_EQ(settings.error().kind, ErrorKind::unavailable);
                EXPECT_LT(allowance, 10 * kMiB);
                continue;
            }
            EXPECT_LE(settings->memory_bytes(), allowance);
            EXPECT_FALSE(settings->cases.empty());
        }
}

TEST_F(LatencyTest, ARoundGivesLatenciesWithEnoughSamplesForItsPercentiles) {
    const auto workload = kLatency.prepare(context(), request({{"size", "16k"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    std::set<std::string> names, metrics;
    for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
        EXPECT_TRUE(names.insert((*workload)->cases()[index].name).second);
        auto result = (*workload)->measure(index, round());
        // On a busy host the thread may be away for most of a round.
        for (int attempt = 0; attempt < 30 && result && !result->latencies.empty() &&
                              result->latencies[0].ticks.count() <= 299;
             ++attempt)
            result = (*workload)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        for (const RoundLatency& row : result->latencies) {
            metrics.emplace(row.metric->id);
            EXPECT_GT(row.ticks.count(), 299u) << "as many as p99 needs, in 20 ms";
            EXPECT_GT(*row.ticks.quantile(0.5) * row.ns_per_tick, 0.2);
            EXPECT_LT(*row.ticks.quantile(0.5) * row.ns_per_tick, 100);
        }
        for (const RoundValue& row : result->values) {
            metrics.emplace(row.metric->id);
            EXPECT_TRUE(std::isfinite(row.value));
        }
        ASSERT_TRUE(result->cpu_use);
        EXPECT_GT(result->cpu_use->wall_ns, 0);
    }
    EXPECT_EQ(metrics,
              (std::set<std::string>{"memory.latency.random", "memory.latency.tlb_cost",
                                     "memory.latency.per_load", "memory.latency.parallelism"}));
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST_F(LatencyTest, AnOrderedRingIsNamedAndARandomOneIsNot) {
    for (const RingShape shape : {RingShape::random, RingShape::ordered}) {
        auto settings = latency_settings(context(), request({{"size", "64k"}, {"pages", "huge"}}));
        ASSERT_TRUE(settings);
        settings->shape = shape;
        const auto workload = make_latency_workload(context(), *settings);
        ASSERT_TRUE(workload) << workload.error().message;
        const auto result = (*workload)->measure(0, round());
        ASSERT_TRUE(result);
        EXPECT_EQ(std::ranges::any_of(result->findings,
                                      [](const Finding& found) {
                                          return found.id == "prefetch_suspected" &&
                                                 found.severity == Severity::invalid;
                                      }),
                  shape == RingShape::ordered);
    }
}

TEST_F(LatencyTest, ARingThatClosesEarlyIsRefusedBeforeItIsMeasured) {
    auto settings = latency_settings(context(), request({{"size", "64k"}, {"pages", "huge"}}));
    ASSERT_TRUE(settings);
    settings->shape = RingShape::closed_early;
    const auto workload = make_latency_workload(context(), *settings);
    ASSERT_FALSE(workload);
    EXPECT_EQ(workload.error().kind, ErrorKind::internal);
    EXPECT_NE(workload.error().message.find("1024 lines is back at its beginning after 512 hops"),
              std::string::npos)
        << workload.error().message;
}

TEST_F(LatencyTest, ThePlanAgreesWithTheCases) {
    for (const Extent extent : {Extent::smoke, Extent::quick, Extent::standard}) {
        const auto footprint = kLatency.plan(context(20 * kMiB), request({}, extent));
        const auto workload = kLatency.prepare(context(20 * kMiB), request({}, extent));
        ASSERT_TRUE(footprint && workload);
        EXPECT_EQ(footprint->cases, (*workload)->cases().size());
        double shares = 0;
        for (const Case& measured : (*workload)->cases())
            shares += measured.round_share;
        EXPECT_NEAR(*footprint->round_shares, shares, 1e-12);
        EXPECT_LE(footprint->memory_bytes, 10 * kMiB) << "half of it";
    }
}

TEST_F(LatencyTest, WrongOptionsAreRefusedAndAStopIsHeeded) {
    for (const Request& wrong : {request({{"pages", "1g"}}), request({{"node", "977"}})}) {
        EXPECT_EQ(kLatency.check(context(), wrong).at(0).level, CheckLevel::block);
        EXPECT_FALSE(kLatency.plan(context(), wrong));
    }
    std::stop_source source;
    source.request_stop();
    RunContext stopped = context();
    stopped.stop = source.get_token();
    const auto workload = kLatency.prepare(stopped, request({{"size", "1m"}}));
    ASSERT_FALSE(workload);
    EXPECT_EQ(workload.error().kind, ErrorKind::interrupted);
    RunContext late = context();
    late.prepare_deadline = steady_clock::now() - milliseconds(1);
    EXPECT_EQ(kLatency.prepare(late, request({{"size", "1m"}})).error().kind, ErrorKind::timed_out);
}

}  // namespace
}  // namespace assay::memory
