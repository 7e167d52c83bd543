// What cpu.flops and memory.bandwidth say where the truth is known: with arrays inside the cache,
// and when the work was skipped.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "engine/host/host.h"
#include "probes/cpu/flops.h"
#include "probes/cpu/flops_workload.h"
#include "probes/memory/bandwidth.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/bandwidth_workload.h"
#include "tests/truth/rounds.h"

namespace assay {
namespace {

using std::chrono::milliseconds;
using test::context_of;
using test::has;
using test::round_of;

TEST(CpuTruth, AKernelThatSkipsItsWorkFailsTheProof) {
    if (cpu::fma_kernels().empty())
        GTEST_SKIP() << "no kernels for this processor";
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    cpu::FmaKernel kernel = cpu::fma_kernels().front();
    kernel.run = [](const cpu::ChainValues&, std::uint64_t, cpu::FoldedBits&) {};
    const auto workload = cpu::make_flops_workload(context_of(*host), {{kernel, 1, "one"}});
    ASSERT_TRUE(workload);
    const auto result = (*workload)->measure(0, round_of(milliseconds(20)));
    ASSERT_TRUE(result);
    EXPECT_TRUE(has(result->findings, "impossible"));
    EXPECT_FALSE((*workload)->verify());
}

// Two units of multiply-add with vectors of `lanes` numbers cannot do more; 20 honest rounds of
// each instruction set must never be called impossible.
TEST(CpuTruth, NoHonestRoundIsCalledImpossible) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    const auto workload = cpu::kFlops.prepare(context_of(*host), {});
    if (!workload)
        GTEST_SKIP() << workload.error().message;
    for (int round = 0; round < 20; ++round)
        for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
            const auto result = (*workload)->measure(index, round_of(milliseconds(10)));
            ASSERT_TRUE(result) << result.error().message;
            EXPECT_FALSE(has(result->findings, "impossible"))
                << (*workload)->cases()[index].name << ": " << result->findings.at(0).message;
        }
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST(MemoryTruth, ArraysInsideTheCacheAreCalledCacheResidentAndLargerOnesAreNot) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    const auto llc = host->topology.last_level_cache_bytes();
    if (!llc)
        GTEST_SKIP() << "the last-level cache is unknown here";
    Request request;
    request.values = {{"size", std::to_string(*llc / 4)}};
    const auto inside = memory::kBandwidth.prepare(context_of(*host), request);
    if (!inside)
        GTEST_SKIP() << inside.error().message;
    EXPECT_TRUE(has((*inside)->findings(), "cache_resident"));
    EXPECT_TRUE((*inside)->measure(0, round_of(milliseconds(100))));
    EXPECT_TRUE((*inside)->verify());
    if (host->memory_allowance_bytes() < 5 * *llc)
        GTEST_SKIP() << "not enough memory for four times the last-level cache";
    const auto outside = memory::kBandwidth.prepare(context_of(*host), {});
    ASSERT_TRUE(outside) << outside.error().message;
    EXPECT_FALSE(has((*outside)->findings(), "cache_resident"));
}

TEST(MemoryTruth, AKernelThatSkipsReadsFailsTheProof) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    Request request;
    request.values = {{"size", "16m"}, {"threads", "1"}};
    auto settings = memory::bandwidth_settings(context_of(*host), request);
    if (!settings)
        GTEST_SKIP() << settings.error().message;
    settings->kernel.read = [](const std::byte*, std::size_t, std::size_t) {
        return std::uint64_t{0};
    };
    const auto workload = memory::make_bandwidth_workload(context_of(*host), *settings);
    ASSERT_TRUE(workload);
    ASSERT_TRUE((*workload)->measure(0, round_of(milliseconds(20))));
    EXPECT_FALSE((*workload)->verify());
}

}  // namespace
}  // namespace assay
