#include "engine/host/counters.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "engine/core/units.h"
#include "engine/host/fixture_trees.h"

namespace assay::host {
namespace {

constexpr std::array kTrees{"bare_metal_2_nodes", "vm_no_pmu", "container_quota_v2",
                            "hybrid_cgroup"};

struct CpuRow {
    std::uint64_t busy, idle, steal;
    bool operator==(const CpuRow&) const = default;
};
std::optional<CpuRow> cpu_times(const char* tree, std::vector<int> cpus) {
    const auto times = read_cpu_times(fixture(tree), cpus);
    return times ? std::optional(CpuRow{times->busy, times->idle, times->steal}) : std::nullopt;
}

// cpu0 of bare metal: user 1000, nice 20, system 300, idle 40000, iowait 50, irq 6, softirq 7,
// steal 0, guest 11 (which the kernel has already put into user).
TEST(Counters, cpu_times_add_up_the_columns_of_the_given_cpus) {
    EXPECT_EQ(cpu_times("bare_metal_2_nodes", {0}), (CpuRow{1333, 40050, 0}));
    EXPECT_EQ(cpu_times("bare_metal_2_nodes", {0, 4}), (CpuRow{1333 + 1337, 80100, 0}));
    EXPECT_EQ(cpu_times("vm_no_pmu", {0, 1}), (CpuRow{306, 10020, 90}));
    EXPECT_EQ(cpu_times("container_quota_v2", {1}), (CpuRow{20 + 1 + 2 + 5 + 6, 3004, 7}));
    EXPECT_EQ(cpu_times("hybrid_cgroup", {0}), (CpuRow{9 + 8 + 7 + 4 + 3, 11, 2}));
    EXPECT_EQ(read_cpu_times(fixture("vm_no_pmu"), std::vector{1})->total(), 153u + 5010u + 60u);
}

TEST(Counters, cpu_times_are_unknown_where_one_cpu_is) {
    EXPECT_EQ(cpu_times("vm_no_pmu", {0, 2}), std::nullopt);
    EXPECT_EQ(cpu_times("vm_no_pmu", {}), std::nullopt);
    EXPECT_EQ(cpu_times("broken", {0}), std::nullopt);  // a column is no number
    EXPECT_EQ(cpu_times("broken", {1}), std::nullopt);  // columns are missing
}

TEST(Counters, pressure_reads_the_totals) {
    const Files bare = fixture("bare_metal_2_nodes");
    EXPECT_EQ(read_pressure(bare, PressureKind::cpu)->some_us, 1000001);
    EXPECT_EQ(read_pressure(bare, PressureKind::cpu)->full_us, 0);
    EXPECT_EQ(read_pressure(bare, PressureKind::io)->some_us, 2000002);
    EXPECT_EQ(read_pressure(bare, PressureKind::io)->full_us, 1500000);
    EXPECT_EQ(read_pressure(bare, PressureKind::memory)->some_us, 3000);
    EXPECT_EQ(read_pressure(bare, PressureKind::memory)->full_us, 2000);
    EXPECT_EQ(read_pressure(fixture("container_quota_v2"), PressureKind::io)->some_us, 22);
    EXPECT_EQ(read_pressure(fixture("hybrid_cgroup"), PressureKind::memory)->some_us, 7);
}

TEST(Counters, pressure_is_unknown_on_old_kernels_and_in_broken_files) {
    for (const PressureKind kind : {PressureKind::cpu, PressureKind::io, PressureKind::memory}) {
        EXPECT_FALSE(read_pressure(fixture("vm_no_pmu"), kind));
        EXPECT_FALSE(read_pressure(fixture("broken"), kind));
    }
}

TEST(Counters, memory_is_in_bytes) {
    const auto bare = read_memory(fixture("bare_metal_2_nodes"));
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->total_bytes, 269509197824u);      // 263192576 KiB
    EXPECT_EQ(bare->available_bytes, 204800000000u);  // 200000000 KiB
    EXPECT_EQ(bare->swap_total_bytes, 8589930496u);   // 8388604 KiB
    EXPECT_EQ(bare->swap_used_bytes, 8388608u);       // 8192 KiB
    const auto vm = read_memory(fixture("vm_no_pmu"));
    ASSERT_TRUE(vm);
    EXPECT_EQ(vm->total_bytes, 8192000000u);
    EXPECT_EQ(vm->swap_used_bytes, 0u);
    EXPECT_EQ(read_memory(fixture("container_quota_v2"))->swap_used_bytes, 512000000u);
    EXPECT_EQ(read_memory(fixture("hybrid_cgroup"))->available_bytes, 24576000000u);
    EXPECT_FALSE(read_memory(fixture("broken")));
}

TEST(Counters, own_rss_is_the_second_field_in_pages) {
    const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    EXPECT_EQ(read_own_rss_bytes(fixture("bare_metal_2_nodes")), 1200 * page_bytes);
    EXPECT_EQ(read_own_rss_bytes(fixture("vm_no_pmu")), 250 * page_bytes);
    EXPECT_EQ(read_own_rss_bytes(fixture("container_quota_v2")), 512 * page_bytes);
    EXPECT_EQ(read_own_rss_bytes(fixture("hybrid_cgroup")), 100 * page_bytes);
    EXPECT_EQ(read_own_rss_bytes(fixture("broken")), std::nullopt);
}

TEST(Counters, disk_counters_follow_the_kernel_s_order_of_fields) {
    const auto nvme = read_disk_counters(fixture("bare_metal_2_nodes"), 259, 8);
    ASSERT_TRUE(nvme);
    EXPECT_EQ(nvme->reads, 101u);
    EXPECT_EQ(nvme->sectors_read, 2001u);
    EXPECT_EQ(nvme->writes, 401u);
    EXPECT_EQ(nvme->sectors_written, 5001u);
    EXPECT_EQ(nvme->in_flight, 1u);
    EXPECT_EQ(nvme->busy_ms, 701u);
    EXPECT_EQ(nvme->flushes, 10u);
}

TEST(Counters, flushes_are_unknown_on_kernels_that_do_not_count_them) {
    const auto old = read_disk_counters(fixture("vm_no_pmu"), 252, 1);
    ASSERT_TRUE(old);
    EXPECT_EQ(old->reads, 999u);
    EXPECT_EQ(old->flushes, std::nullopt);
    EXPECT_EQ(read_disk_counters(fixture("container_quota_v2"), 259, 0)->flushes, 1u);
}

TEST(Counters, an_unknown_or_broken_disk_has_no_counters) {
    EXPECT_FALSE(read_disk_counters(fixture("bare_metal_2_nodes"), 1, 1));
    EXPECT_FALSE(read_disk_counters(fixture("hybrid_cgroup"), 8, 16));
    EXPECT_FALSE(read_disk_counters(fixture("broken"), 8, 32));
    EXPECT_FALSE(read_disk_counters(fixture("broken"), 99, 99));
}

// Two NVMe disks and sda; not the loop device, the partitions, md127 (9999) or dm-0.
TEST(Counters, all_disks_count_each_operation_once) {
    const auto bare = read_all_disk_counters(fixture("bare_metal_2_nodes"));
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->reads, 100u + 101u + 50u);
    EXPECT_EQ(bare->sectors_read, 2000u + 2001u + 4000u);
    EXPECT_EQ(bare->writes, 400u + 401u + 60u);
    EXPECT_EQ(bare->sectors_written, 5000u + 5001u + 8000u);
    EXPECT_EQ(bare->in_flight, 1u);
    EXPECT_EQ(bare->busy_ms, 700u + 701u + 900u);
    EXPECT_EQ(bare->flushes, std::nullopt);  // sda's row has none
    EXPECT_EQ(read_all_disk_counters(fixture("vm_no_pmu"))->reads, 1000u);
    EXPECT_EQ(read_all_disk_counters(fixture("container_quota_v2"))->flushes, 1u);
    EXPECT_FALSE(read_all_disk_counters(fixture("hybrid_cgroup")));
    EXPECT_FALSE(read_all_disk_counters(fixture("broken")));
}

TEST(Counters, network_leaves_the_loopback_out) {
    const auto bare = read_network_counters(fixture("bare_metal_2_nodes"));
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->received_bytes, 1000030u);
    EXPECT_EQ(bare->sent_bytes, 2000040u);
    EXPECT_EQ(read_network_counters(fixture("vm_no_pmu"))->sent_bytes, 654321u);
    EXPECT_EQ(read_network_counters(fixture("container_quota_v2"))->received_bytes, 99u);
    EXPECT_FALSE(read_network_counters(fixture("hybrid_cgroup")));
    EXPECT_FALSE(read_network_counters(fixture("broken")));
}

TEST(Counters, load_and_runnable_tasks) {
    EXPECT_EQ(read_load_average(fixture("bare_metal_2_nodes")), 1.25);
    EXPECT_EQ(read_load_average(fixture("vm_no_pmu")), 0.0);
    EXPECT_EQ(read_load_average(fixture("container_quota_v2")), 3.5);
    EXPECT_EQ(read_load_average(fixture("hybrid_cgroup")), 0.1);
    EXPECT_EQ(read_load_average(fixture("broken")), std::nullopt);
    EXPECT_EQ(read_runnable_tasks(fixture("bare_metal_2_nodes")), 3);
    EXPECT_EQ(read_runnable_tasks(fixture("vm_no_pmu")), 1);
    EXPECT_EQ(read_runnable_tasks(fixture("container_quota_v2")), 5);
    EXPECT_EQ(read_runnable_tasks(fixture("hybrid_cgroup")), 2);
    EXPECT_EQ(read_runnable_tasks(fixture("broken")), std::nullopt);
}

// coretemp says 52.0 and 61.5, the package zone 58.0. The other chip's inputs read -128 and 127
// with nothing connected, and 99 with its fault bit set.
TEST(Counters, hottest_is_the_highest_believable_sensor) {
    EXPECT_EQ(read_hottest_celsius(fixture("bare_metal_2_nodes")), 61.5);
    for (const char* tree : {"vm_no_pmu", "container_quota_v2", "hybrid_cgroup", "broken"})
        EXPECT_EQ(read_hottest_celsius(fixture(tree)), std::nullopt) << tree;
}

TEST(Counters, know_nothing_of_an_empty_tree) {
    const Files nothing("/nonexistent");
    EXPECT_FALSE(read_cpu_times(nothing, std::vector{0}));
    EXPECT_FALSE(read_pressure(nothing, PressureKind::cpu));
    EXPECT_FALSE(read_memory(nothing));
    EXPECT_FALSE(read_own_rss_bytes(nothing));
    EXPECT_FALSE(read_disk_counters(nothing, 8, 0));
    EXPECT_FALSE(read_all_disk_counters(nothing));
    EXPECT_FALSE(read_network_counters(nothing));
    EXPECT_FALSE(read_load_average(nothing));
    EXPECT_FALSE(read_runnable_tasks(nothing));
    EXPECT_FALSE(read_hottest_celsius(nothing));
}

TEST(Counters, every_sound_tree_tells_memory_and_load) {
    for (const char* tree : kTrees) {
        EXPECT_TRUE(read_memory(fixture(tree))) << tree;
        EXPECT_TRUE(read_load_average(fixture(tree))) << tree;
    }
}

TEST(CountersLive, total_memory_is_what_sysconf_says) {
    const auto memory = read_memory(Files());
    ASSERT_TRUE(memory);
    const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const auto total = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page_bytes;
    EXPECT_LE(
        memory->total_bytes > total ? memory->total_bytes - total : total - memory->total_bytes,
        page_bytes);
    EXPECT_LE(memory->available_bytes, memory->total_bytes);
}

TEST(CountersLive, own_rss_is_some_of_the_memory) {
    const auto rss = read_own_rss_bytes(Files());
    ASSERT_TRUE(rss);
    EXPECT_GT(*rss, 100 * kKiB);
    EXPECT_LT(*rss, read_memory(Files())->total_bytes);
}

// Idle and iowait may step back by the kernel's own documentation; work and steal do not.
TEST(CountersLive, counters_never_decrease) {
    const Files files;
    const std::vector first_cpu{0};
    const auto cpu_before = read_cpu_times(files, first_cpu);
    const auto network_before = read_network_counters(files);
    const auto pressure_before = read_pressure(files, PressureKind::cpu);
    const auto disks_before = read_all_disk_counters(files);
    ASSERT_TRUE(cpu_before);
    EXPECT_GE(read_cpu_times(files, first_cpu)->busy, cpu_before->busy);
    if (network_before) {
        EXPECT_GE(read_network_counters(files)->received_bytes, network_before->received_bytes);
    }
    if (pressure_before) {
        EXPECT_GE(read_pressure(files, PressureKind::cpu)->some_us, pressure_before->some_us);
    }
    if (disks_before) {
        EXPECT_GE(read_all_disk_counters(files)->reads, disks_before->reads);
    }
    EXPECT_GE(read_runnable_tasks(files), 1);
}

}  // namespace
}  // namespace assay::host
