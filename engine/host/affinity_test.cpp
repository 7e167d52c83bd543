#include "engine/host/affinity.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <optional>
#include <utility>

namespace assay::host {
namespace {

cpu_set_t mask_now() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    EXPECT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    return mask;
}

int first_of(const cpu_set_t& mask) {
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &mask))
            return static_cast<int>(cpu);
    return -1;
}

TEST(Pinning, RunsOnTheNamedCpuOnlyAndGivesTheOldMaskBack) {
    const cpu_set_t before = mask_now();
    const int cpu = first_of(before);
    {
        auto pinning = Pinning::to_cpu(cpu);
        ASSERT_TRUE(pinning) << pinning.error().message;
        const cpu_set_t pinned = mask_now();
        EXPECT_EQ(CPU_COUNT(&pinned), 1);
        EXPECT_TRUE(CPU_ISSET(static_cast<unsigned>(cpu), &pinned));
        EXPECT_EQ(sched_getcpu(), cpu);
    }
    const cpu_set_t after = mask_now();
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(Pinning, AMovedFromPinningGivesNothingBackTwice) {
    const cpu_set_t before = mask_now();
    {
        auto pinning = Pinning::to_cpu(first_of(before));
        ASSERT_TRUE(pinning);
        std::optional<Pinning> holder(std::move(*pinning));
        pinning = failure(ErrorKind::internal, "the moved-from object ends its life here");
        const cpu_set_t pinned = mask_now();
        EXPECT_EQ(CPU_COUNT(&pinned), 1) << "the moved-from object must not have restored the mask";
    }
    const cpu_set_t after = mask_now();
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(Pinning, RefusesACpuThatThisProcessMayNotUse) {
    const cpu_set_t before = mask_now();
    unsigned absent = 0;
    while (absent < CPU_SETSIZE && CPU_ISSET(absent, &before))
        ++absent;
    if (absent == CPU_SETSIZE)
        GTEST_SKIP() << "every CPU number is allowed here";
    // A CPU outside the mask may still exist and be grantable; only a number beyond the machine is
    // refused by every kernel, so ask for the highest.
    for (int cpu : {-1, CPU_SETSIZE, CPU_SETSIZE - 1}) {
        const auto refused = Pinning::to_cpu(cpu);
        ASSERT_FALSE(refused) << cpu;
        EXPECT_EQ(refused.error().kind, ErrorKind::usage);
        EXPECT_NE(refused.error().message.find(std::to_string(cpu)), std::string::npos);
    }
}

}  // namespace
}  // namespace assay::host
