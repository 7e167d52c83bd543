#include "engine/host/cpu_features.h"

#include <gtest/gtest.h>

#include "engine/host/files.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

TEST(CpuFeatures, of_another_machine_are_unknown) {
    ASSERT_EQ(unknown_cpu_features().size(), 14u);
    for (const CpuFeature& feature : unknown_cpu_features()) {
        EXPECT_EQ(feature.in_cpuid, std::nullopt) << feature.name;
        EXPECT_EQ(feature.os_enabled, std::nullopt) << feature.name;
    }
}

// The kernel lists a flag where the processor has it and the kernel did not turn it off; so each
// flag that it lists must be found, and what it does not list is missing or not enabled.
TEST(CpuFeaturesLive, agree_with_the_kernel_s_flags) {
    const std::string cpuinfo = Files().read("proc/cpuinfo").value_or("");
    const std::size_t start = cpuinfo.find("\nflags");
    if (start == std::string::npos)
        GTEST_SKIP() << "proc/cpuinfo shows no flags on this architecture";
    const std::string line = cpuinfo.substr(start + 1, cpuinfo.find('\n', start + 1) - start);
    const auto listed = [&](std::string_view name) {
        for (const std::string_view word : words_of(line))
            if (word == name)
                return true;
        return false;
    };
    EXPECT_TRUE(listed("sse2"));
    for (const CpuFeature& feature : live_cpu_features()) {
        ASSERT_TRUE(feature.in_cpuid && feature.os_enabled) << feature.name;
        if (listed(feature.name)) {
            EXPECT_TRUE(*feature.in_cpuid && *feature.os_enabled) << feature.name;
        }
    }
    const auto hypervisor = live_hypervisor();
    ASSERT_TRUE(hypervisor);
    EXPECT_EQ(hypervisor->present, listed("hypervisor"));
}

}  // namespace
}  // namespace assay::host
