#include "probes/cpu/scaling.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "probes/cpu/pair_work.h"
#include "probes/cpu/scaling_workload.h"

namespace assay::cpu {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Points = std::vector<std::size_t>;

TEST(ScalingPoints, AreThePowersOfTwoTheCoresAndAllCpus) {
    EXPECT_EQ(scaling_points(1, 1), (Points{1}));
    EXPECT_EQ(scaling_points(2, 2), (Points{1, 2}));
    EXPECT_EQ(scaling_points(6, 12), (Points{1, 2, 4, 6, 8, 12}));
    EXPECT_EQ(scaling_points(64, 128), (Points{1, 2, 4, 8, 16, 32, 64, 128}));
    EXPECT_EQ(scaling_points(0, 3), (Points{1, 2, 3})) << "cores unknown";
    EXPECT_EQ(scaling_points(8, 4), (Points{1, 2, 4})) << "more cores than this process may use";
}

TEST(AbsentPoints, AreTheUsualOnesBeyondTheCpus) {
    EXPECT_EQ(absent_points(1), (Points{2, 4, 8, 16}));
    EXPECT_EQ(absent_points(2), (Points{4, 8, 16}));
    EXPECT_EQ(absent_points(12), (Points{16}));
    EXPECT_TRUE(absent_points(16).empty());
    EXPECT_TRUE(absent_points(200).empty());
}

TEST(AllowedCores, CountSiblingsOnceAndOthersNot) {
    host::Topology topology;
    topology.pus = {{.os_index = 0, .core = 0, .package = 0, .numa_node = 0, .allowed = true},
                    {.os_index = 1, .core = 1, .package = 0, .numa_node = 0, .allowed = true},
                    {.os_index = 2, .core = 0, .package = 0, .numa_node = 0, .allowed = true},
                    {.os_index = 3, .core = 2, .package = 0, .numa_node = 0, .allowed = false}};
    EXPECT_EQ(allowed_cores(topology), 2u);
}

class ScalingTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(host_) << host_.error().message;
        if (fma_kernels().empty())
            GTEST_SKIP() << "no kernels for this processor";
        allowed_ = host_->topology.allowed_cpus().size();
    }
    RunContext context() const {
        return {.host = *host_,
                .stop = {},
                .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
                .memory_allowance_bytes = 0};
    }
    static RoundRequest round() {
        return {.duration = milliseconds(40),
                .seed = 1,
                .stop = {},
                .deadline = steady_clock::now() + std::chrono::seconds(60)};
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
    std::size_t allowed_ = 0;
};

TEST_F(ScalingTest, EveryPointGivesAnEfficiencyWithAndWithoutTheClock) {
    const auto workload = kScaling.prepare(context(), {});
    ASSERT_TRUE(workload) << workload.error().message;
    const std::size_t points = scaling_points(allowed_cores(host_->topology), allowed_).size();
    ASSERT_EQ((*workload)->cases().size(), points + (allowed_ > 1 ? 1 : 0));
    for (std::size_t index = 0; index < points; ++index) {
        const auto result = (*workload)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        ASSERT_EQ(result->values.size(), 2u);
        EXPECT_EQ(result->values[0].metric->id, "cpu.scaling.efficiency");
        EXPECT_EQ(result->values[1].metric->id, "cpu.scaling.efficiency_per_clock");
        EXPECT_GT(result->values[0].value, 0);
        EXPECT_GT(result->values[1].value, 0);
        ASSERT_TRUE(result->cpu_use);
        EXPECT_GT(result->cpu_use->wall_ns, 0);
    }
    if (allowed_ > 1) {
        const auto result = (*workload)->measure(points, round());
        ASSERT_TRUE(result) << result.error().message;
        ASSERT_LE(result->values.size(), 1u) << "none where a thread had its CPU for no block";
        for (const RoundValue& row : result->values) {
            EXPECT_EQ(row.metric->id, "cpu.scaling.pair_ratio");
            EXPECT_GT(row.value, 0);
        }
    }
    EXPECT_TRUE((*workload)->verify());
    bool says_what_is_absent = false;
    for (const Finding& finding : (*workload)->findings())
        says_what_is_absent = says_what_is_absent || finding.id == "scaling_points_absent";
    EXPECT_EQ(says_what_is_absent, allowed_ < 16);
}

TEST_F(ScalingTest, ThePlanAgreesWithTheCases) {
    for (const Extent extent : {Extent::smoke, Extent::quick, Extent::deep}) {
        Request request;
        request.extent = extent;
        const auto workload = kScaling.prepare(context(), request);
        const auto footprint = kScaling.plan(context(), request);
        ASSERT_TRUE(workload && footprint);
        EXPECT_EQ(footprint->cases, (*workload)->cases().size());
        EXPECT_EQ(footprint->threads, allowed_);
        double shares = 0;
        for (const Case& measured : (*workload)->cases())
            shares += measured.round_share;
        EXPECT_NEAR(footprint->round_shares.value_or(0), shares, 1e-9);
        EXPECT_EQ(kScaling.check(context(), request).at(0).level, CheckLevel::ok);
    }
}

TEST_F(ScalingTest, OnePointAloneIsMeasuredAndTooManyThreadsAreRefused) {
    Request request;
    request.values = {{"threads", "1"}};
    const auto workload = kScaling.prepare(context(), request);
    ASSERT_TRUE(workload);
    ASSERT_EQ((*workload)->cases().size(), 1u);
    EXPECT_EQ((*workload)->cases()[0].name, "1 thread");
    request.values = {{"threads", std::to_string(allowed_ + 1)}};
    EXPECT_EQ(kScaling.check(context(), request).at(0).kind, ErrorKind::usage);
    EXPECT_FALSE(kScaling.prepare(context(), request));
}

TEST_F(ScalingTest, VerifyFailsIfTheWorkWasSkipped) {
    FmaKernel kernel = fma_kernels().front();
    kernel.run = [](const ChainValues&, std::uint64_t, FoldedBits&) {};
    const auto workload = make_scaling_workload(context(), {kernel, {1}, false, {}});
    ASSERT_TRUE(workload);
    ASSERT_TRUE((*workload)->measure(0, round()));
    const auto verified = (*workload)->verify();
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().kind, ErrorKind::internal);
}

TEST_F(ScalingTest, TheTypicalBlockOfAPairIsTheMiddleOne) {
    const FmaKernel& kernel = fma_kernels().front();
    const FoldedBits known = known_answer(kernel, kernel.iterations_per_block);
    PairWork work(host_->clock, kernel, known, 2);
    work.enter(1);
    EXPECT_EQ(work.typical_ticks(1), std::nullopt);
    for (int block = 0; block < 5; ++block)
        work.block(1);
    EXPECT_GT(work.typical_ticks(1).value_or(0), 0);
    EXPECT_EQ(work.wrong_blocks(), 0u);
    PairWork cheated(host_->clock, kernel, FoldedBits{}, 1);
    cheated.enter(0);
    cheated.block(0);
    EXPECT_EQ(cheated.wrong_blocks(), 1u);
}

}  // namespace
}  // namespace assay::cpu
