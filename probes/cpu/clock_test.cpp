#include "probes/cpu/clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "probes/cpu/clock_work.h"
#include "probes/cpu/scalar_clock.h"

namespace assay::cpu {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class ClockTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(host_) << host_.error().message;
        if (register_chains().empty())
            GTEST_SKIP() << "no chains for this processor";
    }
    RunContext context() const {
        return {.host = *host_,
                .stop = {},
                .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
                .memory_allowance_bytes = 0};
    }
    static Request request(std::map<std::string, std::string, std::less<>> values,
                           Extent extent = Extent::quick) {
        Request made;
        made.values = std::move(values);
        made.extent = extent;
        return made;
    }
    static RoundRequest round() {
        return {.duration = milliseconds(20),
                .seed = 1,
                .stop = {},
                .deadline = steady_clock::now() + std::chrono::seconds(60)};
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
};

TEST_F(ClockTest, ARoundGivesTheClockOfItsCaseAndTheUseOfTheCpus) {
    const auto workload = kClock.prepare(context(), request({}));
    ASSERT_TRUE(workload) << workload.error().message;
    std::set<std::string> names;
    for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
        const Case& measured = (*workload)->cases()[index];
        EXPECT_TRUE(names.insert(measured.name).second) << measured.name << " is there twice";
        const auto result = (*workload)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        ASSERT_EQ(result->values.size(), 1u);
        EXPECT_EQ(result->values[0].metric->id,
                  measured.name.starts_with("scalar") ? "cpu.clock.scalar" : "cpu.clock.vector");
        EXPECT_GT(result->values[0].value, 0);
        ASSERT_TRUE(result->cpu_use);
        EXPECT_GT(result->cpu_use->wall_ns, 0);
    }
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST_F(ClockTest, ThePlanAgreesWithTheCasesAndLongerRunsMeasureEveryInstructionSet) {
    for (const Extent extent : {Extent::quick, Extent::deep}) {
        const auto workload = kClock.prepare(context(), request({}, extent));
        const auto footprint = kClock.plan(context(), request({}, extent));
        ASSERT_TRUE(workload && footprint);
        EXPECT_EQ(footprint->cases, (*workload)->cases().size());
        double shares = 0;
        for (const Case& measured : (*workload)->cases())
            shares += measured.round_share;
        EXPECT_NEAR(*footprint->round_shares, shares, 1e-12);
        std::set<std::string> isas;
        for (const Case& measured : (*workload)->cases())
            isas.insert(measured.name.substr(0, measured.name.find(',')));
        std::size_t vector_isas = 0;
        for (const host::Isa isa : host::supported_isas())
            vector_isas += blend_kernels(isa).empty() ? 0 : 1;
        EXPECT_EQ(
            isas.size(),
            1 + (extent == Extent::deep ? vector_isas : std::min<std::size_t>(1, vector_isas)));
    }
}

TEST_F(ClockTest, TooManyThreadsAreRefusedWithASentence) {
    const auto allowed = host_->topology.allowed_cpus().size();
    const Request wrong = request({{"threads", std::to_string(allowed + 1)}});
    const auto lines = kClock.check(context(), wrong);
    EXPECT_EQ(lines.at(0).level, CheckLevel::block);
    EXPECT_EQ(lines.at(0).kind, ErrorKind::usage);
    EXPECT_FALSE(kClock.prepare(context(), wrong));
    EXPECT_FALSE(kClock.plan(context(), wrong));
    EXPECT_EQ(kClock.check(context(), request({})).at(0).level, CheckLevel::ok);
}

TEST(ClockEvidence, KeepsTheNewestPairsAndComparesTheCounterWithTheChain) {
    ClockEvidence evidence;
    evidence.clear();
    EXPECT_EQ(evidence.counter_ratio(), std::nullopt);
    evidence.counted_cycles = 96;
    evidence.chain_cycles = 192;
    EXPECT_EQ(evidence.counter_ratio(), 0.5) << "half as many cycles as the chain claims";
    constexpr std::size_t kMore = (1 << 14) + 5;
    for (std::size_t pair = 0; pair < kMore; ++pair)
        evidence.add({static_cast<double>(pair), 0});
    EXPECT_EQ(evidence.pairs.size(), std::size_t{1 << 14});
    EXPECT_EQ(evidence.pairs[4].first_hz, static_cast<double>(kMore - 1));
    EXPECT_EQ(evidence.pairs[5].first_hz, 5.0);
}

// A chain in whose shadow nothing is done, and a kernel that returns at once: both are named.
TEST_F(ClockTest, WorkThatWasSkippedIsCountedAsWrong) {
    const auto isa = host::supported_isas().back();
    const auto blends = blend_kernels(isa);
    if (blends.empty())
        GTEST_SKIP() << "no blended kernels for this processor";
    FmaKernel peak{};
    for (const FmaKernel& kernel : fma_kernels())
        if (kernel.isa == isa && kernel.operation == "fma")
            peak = kernel;
    VectorClockKernels kernels = vector_clock_kernels(blends.back(), peak);
    kernels.blend.run = [](const ChainValues&, std::uint64_t, FoldedBits&) {
        return std::uint64_t{0};
    };
    std::vector<ClockEvidence> evidence(1);
    VectorClockWork work(host_->clock, kernels, evidence);
    work.enter(0);
    work.block(0);
    EXPECT_EQ(evidence[0].wrong_blocks, 1u);
}

}  // namespace
}  // namespace assay::cpu
