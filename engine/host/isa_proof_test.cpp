#include "engine/host/isa_proof.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <array>

namespace assay::host {
namespace {

#if defined(__x86_64__)
bool illegal() {
    asm volatile("ud2");
    return true;
}
#endif
bool right() {
    return true;
}
bool wrong() {
    return false;
}

TEST(RunsWithoutFault, SaysWhatTheInstructionSays) {
    EXPECT_TRUE(runs_without_fault(&right));
    EXPECT_FALSE(runs_without_fault(&wrong));
}

TEST(RunsWithoutFault, SurvivesAnIllegalInstructionAndGivesTheHandlerBack) {
#if defined(__x86_64__)
    struct sigaction before {
    }, after{};
    ASSERT_EQ(sigaction(SIGILL, nullptr, &before), 0);
    for (int time = 0; time < 3; ++time)
        EXPECT_FALSE(runs_without_fault(&illegal));
    EXPECT_TRUE(runs_without_fault(&right));
    ASSERT_EQ(sigaction(SIGILL, nullptr, &after), 0);
    EXPECT_EQ(after.sa_handler, before.sa_handler);
#else
    GTEST_SKIP() << "no illegal instruction is known for this architecture";
#endif
}

TEST(RunsWithoutFaultDeathTest, AFaultOutsideStillEndsTheProcess) {
#if defined(__x86_64__)
    EXPECT_DEATH(
        {
            runs_without_fault(&right);
            illegal();
        },
        "");
#else
    GTEST_SKIP() << "no illegal instruction is known for this architecture";
#endif
}

TEST(SelfTests, RunOnlyWhatTheOtherColumnsAffirm) {
    std::array<CpuFeature, 3> features{
        CpuFeature{.name = "sse2", .in_cpuid = true, .os_enabled = true, .self_test = {}},
        CpuFeature{.name = "sse2", .in_cpuid = true, .os_enabled = false, .self_test = {}},
        CpuFeature{.name = "sse2", .in_cpuid = {}, .os_enabled = {}, .self_test = {}}};
    run_self_tests(features);
#if defined(__x86_64__)
    EXPECT_EQ(features[0].self_test, true);
#endif
    EXPECT_EQ(features[1].self_test, std::nullopt);
    EXPECT_EQ(features[2].self_test, std::nullopt);
}

}  // namespace
}  // namespace assay::host
