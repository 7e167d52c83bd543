#include "probes/cpu/scalar_clock.h"

#include <gtest/gtest.h>

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
        EXPECT_GE(chain.cycles_a_pass, 64u);
        for (const std::uint64_t passes : {0u, 1u, 2u, 3u, 1000u})
            EXPECT_EQ(chain.run(passes), chain.known(passes)) << chain.name << ", " << passes;
    }
}

// By hand: 2 passes are 128 additions of 2 | 1 to 2.
TEST_F(ScalarClockTest, TheKnownSumIsTheOneByHand) {
    EXPECT_EQ(register_chains()[0].known(2), 2u + 128u * 3u);
}

TEST_F(ScalarClockTest, MissingWorkLeavesAnotherValue) {
    const RegisterChain& additions = register_chains()[0];
    EXPECT_NE(additions.run(999), additions.known(1000));
#if defined(__x86_64__)
    const RegisterChain& multiplications = register_chains()[1];
    EXPECT_NE(multiplications.run(999), multiplications.known(1001));
#endif
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
