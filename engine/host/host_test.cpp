#include "engine/host/host.h"

#include <gtest/gtest.h>

#include "engine/host/fixture_trees.h"

namespace assay::host {
namespace {

struct TreeFacts {
    const char* tree;
    double effective_cpus;
    std::uint64_t memory_allowance_bytes;
};

// bare: 8 CPUs; half of 200000000 KiB. vm: quota 1.5 of 2; half of what the slice leaves
// (3294967296 B, below MemAvailable). container: quota 1.5 of 3 allowed; half of 1110612736 B.
// hybrid: quota 0.25; half of 773741824 B.
TEST(Host, sees_what_this_process_really_gets) {
    for (const TreeFacts& row :
         {TreeFacts{"bare_metal_2_nodes", 8, 102400000000}, TreeFacts{"vm_no_pmu", 1.5, 1647483648},
          TreeFacts{"container_quota_v2", 1.5, 555306368},
          TreeFacts{"hybrid_cgroup", 0.25, 386870912}}) {
        const Expected<Host> host = inspect_host(fixture(row.tree));
        ASSERT_TRUE(host) << row.tree << ": " << host.error().message;
        EXPECT_EQ(host->effective_cpus(), row.effective_cpus) << row.tree;
        EXPECT_EQ(host->memory_allowance_bytes(), row.memory_allowance_bytes) << row.tree;
    }
}

TEST(Host, gives_no_more_cpus_than_it_may_use_under_a_generous_quota) {
    Expected<Host> host = inspect_host(fixture("vm_no_pmu"));
    ASSERT_TRUE(host);
    host->cgroup.cpu_quota = 64;
    EXPECT_EQ(host->effective_cpus(), 2);
    host->topology.pus[1].allowed = false;
    EXPECT_EQ(host->effective_cpus(), 1);
}

TEST(Host, allows_no_memory_where_the_kernel_does_not_say) {
    Expected<Host> host = inspect_host(fixture("vm_no_pmu"));
    ASSERT_TRUE(host);
    host->files = fixture("broken");
    EXPECT_EQ(host->memory_allowance_bytes(), 0u);
}

TEST(HostLive, can_be_inspected) {
    const Expected<Host> host = inspect_host(Files());
    ASSERT_TRUE(host) << host.error().message;
    EXPECT_GT(host->effective_cpus(), 0);
    EXPECT_GT(host->memory_allowance_bytes(), 0u);
}

}  // namespace
}  // namespace assay::host
