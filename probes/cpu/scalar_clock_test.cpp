#include "probes/cpu/scalar_clock.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/host/files.h"

namespace assay::cpu {
namespace {

class ScalarClockTest : public testing::Test {
  protected:
    void SetUp() override {
        if (register_chains().empty())
            GTEST_SKIP() << "no chains for this processor";
    }
};

TEST_F(ScalarClockTest, EveryChainDoesAllItsOperations) {
    ASSERT_EQ(register_chains().size(), 2u) << "one that measures, one that checks it";
    for (const RegisterChain& chain : register_chains()) {
        EXPECT_GE(chain.cycles_a_pass, 16u);
        for (const std::uint64_t passes : {0u, 1u, 2u, 3u, 1000u})
            EXPECT_EQ(chain.run(passes), chain.known(passes)) << chain.name << ", " << passes;
    }
}

// By hand: 2 passes are 32 additions of 2 | 1 to 2, and 5 x 7^3 is 1715.
TEST_F(ScalarClockTest, TheKnownValuesAreThoseByHand) {
    const auto additions =
        std::ranges::find(register_chains(), "dependent additions", &RegisterChain::name);
    ASSERT_NE(additions, register_chains().end());
    EXPECT_EQ(additions->known(2), 2u + 32u * 3u);
#if defined(__x86_64__)
    EXPECT_EQ(chain_product(5, 7, 3), 1715u);
    EXPECT_EQ(chain_product(5, 7, 0), 5u);
    EXPECT_EQ(chain_product(1, 0x10001, 2), 0x20001u) << "modulo 2^32";
#endif
}

TEST_F(ScalarClockTest, MissingWorkLeavesAnotherValue) {
    for (const RegisterChain& chain : register_chains()) {
        if (chain.name != "dependent exclusive ors") {
            EXPECT_NE(chain.run(999), chain.known(1001)) << chain.name;
        }
    }
}

TEST_F(ScalarClockTest, ARunGivesAFinitePositiveRate) {
    const host::Clock clock{host::Files()};
    const double ns_per_tick = clock.ns_per_tick();
    for (const RegisterChain& chain : register_chains()) {
        const ChainRun run = run_chain(chain, 100, clock, ns_per_tick);
        EXPECT_GT(run.hz, 0);
        EXPECT_EQ(run.value, chain.known(100));
    }
    EXPECT_GT(scalar_clock_hz(clock, ns_per_tick).value_or(0), 0);
}

}  // namespace
}  // namespace assay::cpu
