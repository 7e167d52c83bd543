#include "engine/host/isa.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "engine/host/files.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

TEST(CpuFeatures, of_another_machine_are_unknown) {
    ASSERT_EQ(unknown_cpu_features().size(), 14u);
    for (const CpuFeature& feature : unknown_cpu_features()) {
        EXPECT_EQ(feature.in_cpuid, std::nullopt) << feature.name;
        EXPECT_EQ(feature.os_enabled, std::nullopt) << feature.name;
        EXPECT_EQ(feature.self_test, std::nullopt) << feature.name;
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
        EXPECT_EQ(feature.self_test.has_value(), *feature.in_cpuid && *feature.os_enabled)
            << feature.name;
        if (listed(feature.name)) {
            EXPECT_TRUE(*feature.in_cpuid && *feature.os_enabled) << feature.name;
            EXPECT_EQ(feature.self_test, true) << feature.name;
        }
    }
}

TEST(Isa, EveryNameLeadsBackToItsTier) {
    for (Isa isa : {Isa::sse2, Isa::avx, Isa::avx2, Isa::avx512, Isa::neon})
        EXPECT_EQ(isa_of_name(name_of(isa)), isa);
    EXPECT_EQ(isa_of_name("avx10"), std::nullopt);
    EXPECT_EQ(isa_of_name(""), std::nullopt);
}

// The kernel prints only the flags that it has enabled too, so it is an outside witness of both
// halves: CPUID and XGETBV.
TEST(Isa, SupportAgreesWithTheFlagsThatTheKernelShows) {
    std::ifstream cpuinfo("/proc/cpuinfo");
    std::string line;
    while (std::getline(cpuinfo, line) && line.rfind("flags", 0) != 0) {
    }
    if (line.rfind("flags", 0) != 0)
        GTEST_SKIP() << "/proc/cpuinfo shows no x86 flags here";
    std::istringstream words(line);
    std::vector<std::string> flags;
    for (std::string word; words >> word;)
        flags.push_back(word);
    const auto has = [&](const char* flag) { return std::ranges::count(flags, flag) != 0; };
    EXPECT_EQ(supports(Isa::sse2), has("sse2"));
    EXPECT_EQ(supports(Isa::avx), has("avx"));
    EXPECT_EQ(supports(Isa::avx2), has("avx2") && has("fma"));
    EXPECT_EQ(supports(Isa::avx512), has("avx512f"));
    EXPECT_TRUE(std::ranges::is_sorted(supported_isas()));
}

}  // namespace
}  // namespace assay::host
