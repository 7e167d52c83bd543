#include "engine/host/cycle_counter.h"

#include <gtest/gtest.h>

namespace assay::host {
namespace {

TEST(CycleCounter, GrowsWithTheWorkOfThisThread) {
    const auto counter = CycleCounter::open();
    if (!counter)
        GTEST_SKIP() << "no cycle counter for this user on this host";
    const auto before = counter->read();
    if (!before)
        GTEST_SKIP() << "the counter is shared with others";
    constexpr int kDivisions = 100'000;
    volatile double value = 1;
    for (int division = 0; division < kDivisions; ++division)
        value = value / 1.0001;
    const auto after = counter->read();
    if (!after)
        GTEST_SKIP() << "the counter is shared with others";
    EXPECT_GT(*after - *before, static_cast<std::uint64_t>(kDivisions)) << "a cycle a division";
}

TEST(CycleCounter, MovesWithItsOwner) {
    auto counter = CycleCounter::open();
    if (!counter)
        GTEST_SKIP() << "no cycle counter for this user on this host";
    const CycleCounter moved = std::move(*counter);
    EXPECT_TRUE(moved.read());
    // NOLINTNEXTLINE(bugprone-use-after-move): that is what is tested
    EXPECT_FALSE(counter->read()) << "an empty counter reads nothing";
}

}  // namespace
}  // namespace assay::host
