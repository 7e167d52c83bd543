#include "engine/host/cgroup.h"

#include <gtest/gtest.h>

#include "engine/host/fixture_trees.h"

namespace assay::host {
namespace {

TEST(Cgroup, without_limits_has_none) {
    const CgroupLimits limits = read_cgroup_limits(fixture("bare_metal_2_nodes"));
    EXPECT_EQ(limits.version, "v2");
    EXPECT_EQ(limits.cpu_quota, std::nullopt);
    EXPECT_EQ(limits.cpu_quota_group, "");
    EXPECT_EQ(limits.memory_limit_bytes, std::nullopt);
    EXPECT_EQ(limits.memory_limit_group, "");
    EXPECT_EQ(read_cgroup_memory_left_bytes(fixture("bare_metal_2_nodes")), std::nullopt);
}

// The service may use 1.8 CPUs, its parent slice 1.5; the slice may use 4 GiB, the service has no
// limit of its own (v1 writes 2^63 - 4096).
TEST(Cgroup, v1_takes_the_tightest_limit_of_the_ancestors) {
    const CgroupLimits limits = read_cgroup_limits(fixture("vm_no_pmu"));
    EXPECT_EQ(limits.version, "v1");
    EXPECT_EQ(limits.cpu_quota, 1.5);
    EXPECT_EQ(limits.cpu_quota_group, "/system.slice");
    EXPECT_EQ(limits.memory_limit_bytes, 4294967296u);
    EXPECT_EQ(limits.memory_limit_group, "/system.slice");
}

// worker has none, app 1.5 CPUs, the namespace's root 2.5; memory.high of app (1.5 GiB) is below
// its memory.max (2 GiB) and below the root's 3 GiB.
TEST(Cgroup, v2_in_a_namespace_takes_the_tightest_limit_of_the_ancestors) {
    const CgroupLimits limits = read_cgroup_limits(fixture("container_quota_v2"));
    EXPECT_EQ(limits.version, "v2");
    EXPECT_EQ(limits.cpu_quota, 1.5);
    EXPECT_EQ(limits.cpu_quota_group, "/app");
    EXPECT_EQ(limits.memory_limit_bytes, 1610612736u);
    EXPECT_EQ(limits.memory_limit_group, "/app");
}

// The v1 mounts show the pod's sub-tree only, so the group's path must lose the mount's root: the
// container has 0.25 CPUs, its pod 0.5. The memory limit sits above it and shows in
// hierarchical_memory_limit alone.
TEST(Cgroup, hybrid_follows_mounts_of_a_sub_tree) {
    const CgroupLimits limits = read_cgroup_limits(fixture("hybrid_cgroup"));
    EXPECT_EQ(limits.version, "hybrid");
    EXPECT_EQ(limits.cpu_quota, 0.25);
    EXPECT_EQ(limits.cpu_quota_group, "/kubepods/pod1/c1");
    EXPECT_EQ(limits.memory_limit_bytes, 1073741824u);
    EXPECT_EQ(limits.memory_limit_group, "/kubepods/pod1/c1");
}

TEST(Cgroup, broken_files_are_no_limits) {
    const CgroupLimits limits = read_cgroup_limits(fixture("broken"));
    EXPECT_EQ(limits.version, "hybrid");  // the mounts are readable
    EXPECT_EQ(limits.cpu_quota, std::nullopt);
    EXPECT_EQ(limits.memory_limit_bytes, std::nullopt);
    EXPECT_EQ(read_throttling(fixture("broken")), std::nullopt);
    EXPECT_EQ(read_cgroup_memory_left_bytes(fixture("broken")), std::nullopt);
}

TEST(Cgroup, missing_files_are_no_limits) {
    const Files nothing("/nonexistent");
    EXPECT_EQ(read_cgroup_limits(nothing).version, "none");
    EXPECT_EQ(read_cgroup_limits(nothing).cpu_quota, std::nullopt);
    EXPECT_EQ(read_throttling(nothing), std::nullopt);
}

// v1: slice 4 GiB - (1.5e9 used - 0.5e9 inactive cache). v2: app 1.5 GiB - (6e8 - 1e8).
// hybrid: 1 GiB - 3e8.
TEST(Cgroup, memory_left_is_limit_minus_what_is_held) {
    EXPECT_EQ(read_cgroup_memory_left_bytes(fixture("vm_no_pmu")), 3294967296u);
    EXPECT_EQ(read_cgroup_memory_left_bytes(fixture("container_quota_v2")), 1110612736u);
    EXPECT_EQ(read_cgroup_memory_left_bytes(fixture("hybrid_cgroup")), 773741824u);
}

// Groups without a quota carry counts of long ago in the fixtures; they must not be added.
TEST(Cgroup, throttling_sums_the_groups_that_have_a_quota) {
    EXPECT_EQ(read_throttling(fixture("bare_metal_2_nodes")), (Throttling{0, 0}));
    EXPECT_EQ(read_throttling(fixture("vm_no_pmu")), (Throttling{7 + 3, 70'000'000 + 2'500'000}));
    EXPECT_EQ(read_throttling(fixture("container_quota_v2")), (Throttling{1 + 20, 4'010'000}));
    EXPECT_EQ(read_throttling(fixture("hybrid_cgroup")), (Throttling{4 + 9, 4'000'000 + 999}));
}

TEST(CgroupLive, throttling_never_decreases) {
    const auto before = read_throttling(Files());
    const auto after = read_throttling(Files());
    if (!before || !after)
        GTEST_SKIP() << "this machine shows no cpu.stat";
    EXPECT_GE(after->throttled_ns, before->throttled_ns);
}

}  // namespace
}  // namespace assay::host
