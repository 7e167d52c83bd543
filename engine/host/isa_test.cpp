#include "engine/host/isa.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace assay::host {
namespace {

TEST(Isa, EveryNameLeadsBackToItsTier) {
    for (Isa isa : {Isa::sse2, Isa::avx, Isa::avx2, Isa::avx512})
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
