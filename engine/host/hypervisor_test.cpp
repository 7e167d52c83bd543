#include "engine/host/hypervisor.h"

#include <gtest/gtest.h>

#include "engine/host/files.h"

namespace assay::host {
namespace {

TEST(HypervisorLive, agrees_with_the_kernel_s_flags) {
    const std::string cpuinfo = Files().read("proc/cpuinfo").value_or("");
    if (cpuinfo.find("\nflags") == std::string::npos)
        GTEST_SKIP() << "proc/cpuinfo shows no flags on this architecture";
    const auto hypervisor = live_hypervisor();
    ASSERT_TRUE(hypervisor);
    EXPECT_EQ(hypervisor->present, cpuinfo.find(" hypervisor") != std::string::npos);
    EXPECT_LE(hypervisor->signature.size(), 12u);
}

}  // namespace
}  // namespace assay::host
