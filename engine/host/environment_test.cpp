#include "engine/host/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "engine/host/fixture_trees.h"
#include "engine/host/parse.h"
#include "engine/host/sha256.h"

namespace assay::host {
namespace {

using testing::ElementsAre;

constexpr std::array kTrees{"bare_metal_2_nodes", "vm_no_pmu", "container_quota_v2",
                            "hybrid_cgroup", "broken"};

Value environment_of(const Files& files, const std::string& path = "") {
    const Expected<Topology> topology = read_topology(files);
    return read_environment(files, topology ? *topology : Topology{}, read_cgroup_limits(files),
                            {path});
}

// The fact at "section.key.3.key"; null where there is none, so tests that expect null first ask
// `has`.
const Value* find(const Value& environment, std::string_view dotted) {
    const Value* at = &environment;
    for (const std::string_view piece : pieces_of(dotted, '.')) {
        const auto index = number_of<std::size_t>(piece);
        if (const Value::List* list = at->as_list())
            at = index && *index < list->size() ? &(*list)[*index] : nullptr;
        else
            at = at->find(piece);
        if (!at)
            return nullptr;
    }
    return at;
}

Value at(const Value& environment, std::string_view dotted) {
    const Value* found = find(environment, dotted);
    EXPECT_NE(found, nullptr) << "no key " << dotted;
    return found ? *found : Value("no such key");
}

std::size_t length_of(const Value& environment, std::string_view dotted) {
    const Value value = at(environment, dotted);
    return value.as_list() ? value.as_list()->size() : 0;
}

std::vector<std::string> keys_of(const Value& value) {
    std::vector<std::string> keys;
    if (const Value::Object* members = value.as_object())
        for (const Member& member : *members)
            keys.push_back(member.name);
    return keys;
}

TEST(Environment, has_the_same_keys_on_every_tree) {
    const Value first = environment_of(fixture(kTrees.front()));
    ASSERT_THAT(keys_of(first), ElementsAre("host", "cpu", "memory", "numa", "storage", "network",
                                            "kernel", "cgroup"));
    for (const char* tree : kTrees) {
        const Value other = environment_of(fixture(tree));
        for (const std::string& section : keys_of(first))
            EXPECT_EQ(keys_of(at(other, section)), keys_of(at(first, section))) << tree;
    }
}

TEST(EnvironmentHost, names_the_machine_and_hides_what_identifies_it) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    EXPECT_EQ(at(e, "host.hostname"), Value("db-prod-01"));
    EXPECT_EQ(at(e, "host.boot_id_sha256"),
              Value(sha256_hex("11111111-2222-4333-8444-555555555555")));
    EXPECT_EQ(at(e, "host.identity"), Value()) << "the tree has no machine id";
    EXPECT_EQ(at(e, "host.operating_system"), Value("Ubuntu 24.04.1 LTS"));
    EXPECT_EQ(at(e, "host.machine_vendor"), Value("Dell Inc."));
    EXPECT_EQ(at(e, "host.machine_product"), Value("PowerEdge R650"));
    EXPECT_EQ(at(e, "host.bios_version"), Value("1.12.1"));
}

TEST(EnvironmentHost, tells_the_hypervisor_from_firmware_and_flags) {
    EXPECT_EQ(at(environment_of(fixture("bare_metal_2_nodes")), "host.hypervisor"), Value("none"));
    EXPECT_EQ(at(environment_of(fixture("vm_no_pmu")), "host.hypervisor"), Value("qemu"));
    EXPECT_EQ(at(environment_of(fixture("container_quota_v2")), "host.hypervisor"),
              Value("unidentified"));
    EXPECT_EQ(at(environment_of(fixture("hybrid_cgroup")), "host.hypervisor"), Value("none"));
    EXPECT_EQ(at(environment_of(fixture("broken")), "host.hypervisor"), Value());
}

TEST(EnvironmentHost, hints_at_the_container) {
    EXPECT_EQ(at(environment_of(fixture("bare_metal_2_nodes")), "host.container"), Value());
    EXPECT_EQ(at(environment_of(fixture("vm_no_pmu")), "host.container"), Value());
    EXPECT_EQ(at(environment_of(fixture("container_quota_v2")), "host.container"), Value("docker"));
    EXPECT_EQ(at(environment_of(fixture("hybrid_cgroup")), "host.container"), Value("kubernetes"));
}

TEST(EnvironmentCpu, reads_bare_metal) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    EXPECT_EQ(at(e, "cpu.model_name"), Value("Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz"));
    EXPECT_EQ(at(e, "cpu.vendor"), Value("GenuineIntel"));
    EXPECT_EQ(at(e, "cpu.family"), Value(6));
    EXPECT_EQ(at(e, "cpu.model"), Value(106));
    EXPECT_EQ(at(e, "cpu.stepping"), Value(6));
    EXPECT_EQ(at(e, "cpu.microcode"), Value("0xd0003b9"));
    EXPECT_EQ(at(e, "cpu.packages"), Value(2));
    EXPECT_EQ(at(e, "cpu.cores"), Value(4));
    EXPECT_EQ(at(e, "cpu.logical_cpus"), Value(8));
    EXPECT_EQ(at(e, "cpu.allowed_cpus"), Value(8));
    EXPECT_EQ(at(e, "cpu.smt_active"), Value(true));
    EXPECT_EQ(length_of(e, "cpu.caches"), 4u);
    EXPECT_EQ(at(e, "cpu.caches.3.level"), Value(3));
    EXPECT_EQ(at(e, "cpu.caches.3.size_bytes"), Value(43008 * 1024));
    EXPECT_EQ(at(e, "cpu.caches.3.count"), Value(2));
    EXPECT_EQ(at(e, "cpu.governor"), Value("performance,powersave"));
    EXPECT_EQ(at(e, "cpu.frequency_driver"), Value("intel_pstate"));
    EXPECT_EQ(at(e, "cpu.min_frequency_khz"), Value(800000));
    EXPECT_EQ(at(e, "cpu.max_frequency_khz"), Value(3100000));
    EXPECT_EQ(at(e, "cpu.turbo_enabled"), Value(true));
}

TEST(EnvironmentCpu, knows_no_frequencies_of_a_virtual_machine) {
    const Value e = environment_of(fixture("vm_no_pmu"));
    EXPECT_EQ(at(e, "cpu.vendor"), Value("AuthenticAMD"));
    EXPECT_EQ(at(e, "cpu.smt_active"), Value(false));
    for (const char* key : {"cpu.governor", "cpu.frequency_driver", "cpu.min_frequency_khz",
                            "cpu.max_frequency_khz", "cpu.turbo_enabled"})
        EXPECT_EQ(at(e, key), Value()) << key;
    EXPECT_EQ(at(environment_of(fixture("container_quota_v2")), "cpu.allowed_cpus"), Value(3));
}

TEST(EnvironmentCpu, never_gives_a_fixture_the_test_machine_s_instruction_sets) {
    for (const char* tree : kTrees) {
        const Value e = environment_of(fixture(tree));
        EXPECT_THAT(
            keys_of(at(e, "cpu.isa")),
            ElementsAre("sse2", "avx", "avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl",
                        "aes", "vaes", "pclmulqdq", "vpclmulqdq", "sha_ni", "gfni"));
        EXPECT_EQ(at(e, "cpu.isa.avx2.cpuid"), Value());
        EXPECT_EQ(at(e, "cpu.isa.avx2.os_enabled"), Value());
        EXPECT_EQ(at(e, "cpu.isa.avx2.self_test"), Value());
        EXPECT_EQ(at(e, "host.hypervisor_signature"), Value());
    }
}

TEST(EnvironmentMemory, reads_sizes_pools_and_modes) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    EXPECT_EQ(at(e, "memory.total_bytes"), Value(std::int64_t{269509197824}));
    EXPECT_EQ(at(e, "memory.available_bytes"), Value(std::int64_t{204800000000}));
    EXPECT_EQ(at(e, "memory.swap_total_bytes"), Value(std::int64_t{8589930496}));
    EXPECT_EQ(at(e, "memory.swap_used_bytes"), Value(8388608));
    EXPECT_EQ(length_of(e, "memory.huge_page_pools"), 2u);
    EXPECT_EQ(at(e, "memory.huge_page_pools.1.page_bytes"), Value(2048 * 1024));
    EXPECT_EQ(at(e, "memory.huge_page_pools.1.total"), Value(512));
    EXPECT_EQ(at(e, "memory.huge_page_pools.1.free"), Value(500));
    EXPECT_EQ(at(e, "memory.transparent_huge_pages"), Value("madvise"));
    EXPECT_EQ(at(e, "memory.transparent_huge_page_defrag"), Value("madvise"));
    EXPECT_EQ(at(e, "memory.ksm_run"), Value(0));
    EXPECT_EQ(at(e, "memory.numa_balancing"), Value(1));
    const Value vm = environment_of(fixture("vm_no_pmu"));
    EXPECT_EQ(at(vm, "memory.transparent_huge_pages"), Value("always"));
    for (const char* key : {"memory.huge_page_pools", "memory.transparent_huge_page_defrag",
                            "memory.ksm_run", "memory.numa_balancing"})
        EXPECT_EQ(at(vm, key), Value()) << key;
}

// Entry 17-0 has its size in MiB, 17-1 in the extended field; 17-2 is an empty socket, 17-3 is cut.
TEST(EnvironmentMemory, reads_modules_from_the_firmware_s_table) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    ASSERT_EQ(length_of(e, "memory.modules"), 2u);
    EXPECT_EQ(at(e, "memory.modules.0.locator"), Value("A1"));
    EXPECT_EQ(at(e, "memory.modules.0.size_bytes"), Value(std::int64_t{16} << 30));
    EXPECT_EQ(at(e, "memory.modules.0.type"), Value("DDR4"));
    EXPECT_EQ(at(e, "memory.modules.0.speed_mega_transfers_per_s"), Value(3200));
    EXPECT_EQ(at(e, "memory.modules.0.configured_mega_transfers_per_s"), Value(2933));
    EXPECT_EQ(at(e, "memory.modules.0.manufacturer"), Value("00CE00B300CE"));
    EXPECT_EQ(at(e, "memory.modules.0.part_number"), Value("M393A2K40DB3-CWE"));
    EXPECT_EQ(at(e, "memory.modules.0.serial_sha256"), Value(sha256_hex("12AB34CD")));
    EXPECT_EQ(at(e, "memory.modules.1.size_bytes"), Value(std::int64_t{64} << 30));
    EXPECT_EQ(at(e, "memory.modules.1.type"), Value("DDR5"));
    EXPECT_EQ(at(e, "memory.modules.1.speed_mega_transfers_per_s"), Value());
    EXPECT_EQ(at(e, "memory.modules.1.configured_mega_transfers_per_s"), Value());
}

TEST(EnvironmentMemory, reads_modules_from_edac_where_there_is_no_table) {
    const Value e = environment_of(fixture("vm_no_pmu"));
    ASSERT_EQ(length_of(e, "memory.modules"), 1u);
    EXPECT_EQ(at(e, "memory.modules.0.locator"), Value("DIMM 0"));
    EXPECT_EQ(at(e, "memory.modules.0.size_bytes"), Value(std::int64_t{4} << 30));
    EXPECT_EQ(at(e, "memory.modules.0.type"), Value("Registered-DDR4"));
    EXPECT_EQ(at(e, "memory.modules.0.manufacturer"), Value());
    EXPECT_EQ(at(environment_of(fixture("container_quota_v2")), "memory.modules"), Value());
}

TEST(EnvironmentNuma, tells_memory_cpus_and_distances_of_each_node) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    ASSERT_EQ(length_of(e, "numa.nodes"), 2u);
    EXPECT_EQ(at(e, "numa.nodes.1.node"), Value(1));
    EXPECT_EQ(at(e, "numa.nodes.1.memory_bytes"), Value(std::int64_t{132120576} * 1024));
    EXPECT_EQ(at(e, "numa.nodes.1.cpus"), Value("2-3,6-7"));
    EXPECT_EQ(at(e, "numa.nodes.1.distances"), Value(Value::List{21, 10}));
    EXPECT_EQ(length_of(environment_of(fixture("vm_no_pmu")), "numa.nodes"), 1u);
}

TEST(EnvironmentStorage, follows_the_path_to_its_mount_device_and_disks) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"), "/data/db");
    EXPECT_EQ(at(e, "storage.path"), Value("/data/db"));
    EXPECT_EQ(at(e, "storage.filesystem"), Value("ext4"));
    EXPECT_EQ(at(e, "storage.mount_point"), Value("/data"));
    EXPECT_EQ(at(e, "storage.mount_source"), Value("/dev/sda1"));
    EXPECT_EQ(at(e, "storage.mount_options"), Value("rw,noatime"));
    EXPECT_EQ(at(e, "storage.filesystem_options"), Value("rw,stripe=64"));
    EXPECT_EQ(at(e, "storage.device.name"), Value("sda1"));
    EXPECT_EQ(at(e, "storage.device.major_minor"), Value("8:1"));
    EXPECT_EQ(at(e, "storage.device.disk_name"), Value("sda"));
    EXPECT_EQ(at(e, "storage.device.serial_sha256"), Value(sha256_hex("ZC12ABCD")));
    EXPECT_EQ(at(e, "storage.device_unknown_because"), Value());
    ASSERT_EQ(length_of(e, "storage.disks"), 1u);
    EXPECT_EQ(at(e, "storage.disks.0.name"), Value("sda"));
    EXPECT_EQ(at(e, "storage.disks.0.rotational_claim"), Value(true));
    EXPECT_EQ(at(e, "storage.disks.0.scheduler"), Value("mq-deadline"));
    EXPECT_EQ(at(e, "storage.disks.0.write_back_throttling_us"), Value(75000));
}

TEST(EnvironmentStorage, starts_at_the_root_and_descends_to_every_disk) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    EXPECT_EQ(at(e, "storage.device.name"), Value("dm-0"));
    ASSERT_EQ(length_of(e, "storage.disks"), 2u);
    EXPECT_EQ(at(e, "storage.disks.1.name"), Value("nvme1n1"));
    EXPECT_EQ(at(e, "storage.disks.1.model"), Value("SAMSUNG MZQL21T9HCJR-00A07"));
    EXPECT_EQ(at(e, "storage.disks.1.write_cache"), Value("write through"));
}

TEST(EnvironmentStorage, of_a_named_device_has_no_mount) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"), "/dev/sda");
    EXPECT_EQ(at(e, "storage.device.name"), Value("sda"));
    EXPECT_EQ(at(e, "storage.filesystem"), Value());
    EXPECT_EQ(at(e, "storage.mount_options"), Value());
}

TEST(EnvironmentStorage, says_why_no_device_is_known) {
    const Value e = environment_of(fixture("container_quota_v2"), "/srv");
    EXPECT_EQ(at(e, "storage.filesystem"), Value("overlay"));
    EXPECT_EQ(at(e, "storage.device"), Value());
    EXPECT_EQ(at(e, "storage.disks"), Value());
    ASSERT_NE(at(e, "storage.device_unknown_because").as_text(), nullptr);
    const Value vm = environment_of(fixture("vm_no_pmu"), "/dev/vda");
    EXPECT_EQ(at(vm, "storage.device.model"), Value());
    EXPECT_EQ(at(vm, "storage.device.io_poll"), Value());
}

// lo is never told; docker0 is down and virtual; bonding_masters is no interface.
TEST(EnvironmentNetwork, tells_the_cards) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    ASSERT_EQ(length_of(e, "network.interfaces"), 2u);
    EXPECT_EQ(at(e, "network.interfaces.0.name"), Value("eno1"));
    EXPECT_EQ(at(e, "network.interfaces.0.driver"), Value("mlx5_core"));
    EXPECT_EQ(at(e, "network.interfaces.0.virtual"), Value(false));
    EXPECT_EQ(at(e, "network.interfaces.0.operstate"), Value("up"));
    EXPECT_EQ(at(e, "network.interfaces.0.speed_mbps"), Value(25000));
    EXPECT_EQ(at(e, "network.interfaces.0.duplex"), Value("full"));
    EXPECT_EQ(at(e, "network.interfaces.0.mtu"), Value(9000));
    EXPECT_EQ(at(e, "network.interfaces.0.numa_node"), Value(0));
    EXPECT_EQ(at(e, "network.interfaces.0.mac_sha256"), Value(sha256_hex("b8:59:9f:00:00:01")));
    EXPECT_EQ(at(e, "network.interfaces.0.offloads.tcp_segmentation"), Value());
    EXPECT_EQ(at(e, "network.interfaces.1.speed_mbps"), Value());  // the kernel says -1
    EXPECT_EQ(at(e, "network.interfaces_left_out"), Value(0));
    EXPECT_EQ(at(e, "network.tcp_congestion_control"), Value("bbr"));
    EXPECT_EQ(at(e, "network.default_queue_discipline"), Value("fq"));
    EXPECT_EQ(at(e, "network.receive_buffer_max_bytes"), Value(212992));
}

TEST(EnvironmentNetwork, tells_a_container_s_virtual_interface) {
    const Value e = environment_of(fixture("container_quota_v2"));
    ASSERT_EQ(length_of(e, "network.interfaces"), 1u);
    EXPECT_EQ(at(e, "network.interfaces.0.name"), Value("eth0"));
    EXPECT_EQ(at(e, "network.interfaces.0.virtual"), Value(true));
    EXPECT_EQ(at(e, "network.interfaces.0.driver"), Value());
    EXPECT_EQ(at(environment_of(fixture("vm_no_pmu")), "network.interfaces.0.driver"),
              Value("virtio_net"));
    EXPECT_EQ(at(environment_of(fixture("hybrid_cgroup")), "network.interfaces"), Value());
}

TEST(EnvironmentKernel, reads_version_clock_and_mitigations) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    EXPECT_EQ(at(e, "kernel.release"), Value("6.8.0-45-generic"));
    EXPECT_EQ(at(e, "kernel.architecture"), Value("x86_64"));
    EXPECT_EQ(at(e, "kernel.clock_source"), Value("tsc"));
    EXPECT_EQ(at(e, "kernel.clock_sources_available"), Value("tsc hpet acpi_pm"));
    EXPECT_EQ(at(e, "kernel.tainted"), Value(0));
    EXPECT_EQ(at(e, "kernel.io_uring_disabled"), Value(0));
    EXPECT_EQ(at(e, "kernel.perf_event_paranoid"), Value(4));
    EXPECT_THAT(keys_of(at(e, "kernel.mitigations")),
                ElementsAre("meltdown", "retbleed", "spectre_v2"));
    EXPECT_EQ(at(e, "kernel.mitigations.spectre_v2"), Value("Vulnerable"));
    EXPECT_EQ(at(environment_of(fixture("container_quota_v2")), "kernel.mitigations"), Value());
    EXPECT_EQ(at(environment_of(fixture("vm_no_pmu")), "kernel.io_uring_disabled"), Value());
    EXPECT_EQ(at(environment_of(fixture("container_quota_v2")), "kernel.io_uring_disabled"),
              Value(2));
    EXPECT_EQ(at(environment_of(fixture("vm_no_pmu")), "kernel.architecture"), Value());
}

TEST(EnvironmentKernel, tells_only_the_boot_parameters_that_move_a_measurement) {
    const Value e = environment_of(fixture("bare_metal_2_nodes"));
    EXPECT_THAT(keys_of(at(e, "kernel.parameters")),
                ElementsAre("mitigations", "isolcpus", "default_hugepagesz", "hugepagesz",
                            "hugepages", "nosmt"));
    EXPECT_EQ(at(e, "kernel.parameters.hugepages"), Value("4,512"));
    EXPECT_EQ(at(e, "kernel.parameters.nosmt"), Value("present"));
    ASSERT_NE(at(e, "kernel.command_line_sha256").as_text(), nullptr);
    EXPECT_EQ(at(e, "kernel.command_line_sha256").as_text()->size(), 64u);
}

TEST(EnvironmentKernel, tells_the_preemption_model_from_debugfs_or_the_version) {
    const auto model = [](const char* tree) {
        return at(environment_of(fixture(tree)), "kernel.preemption_model");
    };
    EXPECT_EQ(model("bare_metal_2_nodes"), Value("voluntary"));
    EXPECT_EQ(model("container_quota_v2"), Value("dynamic"));
    EXPECT_EQ(model("hybrid_cgroup"), Value("realtime"));
    EXPECT_EQ(model("vm_no_pmu"), Value());
}

TEST(EnvironmentCgroup, tells_the_limits_and_the_groups) {
    const Value e = environment_of(fixture("hybrid_cgroup"));
    EXPECT_EQ(at(e, "cgroup.version"), Value("hybrid"));
    EXPECT_EQ(at(e, "cgroup.cpu_quota"), Value(0.25));
    EXPECT_EQ(at(e, "cgroup.cpu_quota_group"), Value("/kubepods/pod1/c1"));
    EXPECT_EQ(at(e, "cgroup.effective_cpus"), Value(0.25));
    EXPECT_EQ(at(e, "cgroup.memory_limit_bytes"), Value(1073741824));
    EXPECT_EQ(at(e, "cgroup.memory_limit_group"), Value("/kubepods/pod1/c1"));
    ASSERT_EQ(length_of(e, "cgroup.groups"), 5u);
    EXPECT_EQ(at(e, "cgroup.groups.2.controllers"), Value("cpu,cpuacct"));
    EXPECT_EQ(at(e, "cgroup.groups.4.controllers"), Value("v2"));
    EXPECT_EQ(at(e, "cgroup.groups.4.path"), Value("/system.slice/kubelet.service"));
    const Value bare = environment_of(fixture("bare_metal_2_nodes"));
    EXPECT_EQ(at(bare, "cgroup.cpu_quota"), Value());
    EXPECT_EQ(at(bare, "cgroup.cpu_quota_group"), Value());
    EXPECT_EQ(at(bare, "cgroup.effective_cpus"), Value(8.0));
}

TEST(Environment, of_a_broken_tree_is_null_and_has_every_key) {
    const Files files = fixture("broken");
    const Value e = read_environment(files, Topology{}, read_cgroup_limits(files), {});
    for (const char* section : {"host", "cpu", "memory", "kernel"})
        for (const std::string& key : keys_of(at(e, section))) {
            if (key == "isa" || key == "mitigations" || key == "parameters")
                continue;  // objects, whose members are null
            EXPECT_EQ(at(e, std::string(section) + "." + key), Value()) << section << "." << key;
        }
    EXPECT_EQ(at(e, "kernel.mitigations.meltdown"), Value());
    EXPECT_EQ(at(e, "numa.nodes"), Value());
    EXPECT_EQ(at(e, "storage.device"), Value());
    EXPECT_EQ(at(e, "network.interfaces.0.driver"), Value());
    EXPECT_EQ(at(e, "network.interfaces.0.speed_mbps"), Value());
    EXPECT_EQ(at(e, "network.interfaces.0.mac_sha256"), Value());
    EXPECT_EQ(at(e, "cgroup.cpu_quota"), Value());
    EXPECT_EQ(at(e, "cgroup.effective_cpus"), Value());
    const Value odd =
        environment_of(files, "/mnt/\xFF\xFE/file");  // the mount's names are no UTF-8
    EXPECT_EQ(at(odd, "storage.path"), Value());
    EXPECT_EQ(at(odd, "storage.filesystem"), Value());
    EXPECT_EQ(at(odd, "storage.device.name"), Value("sdc"));
    EXPECT_EQ(at(odd, "storage.device.model"), Value());
}

TEST(Environment, of_an_empty_tree_is_null_and_has_every_key) {
    const Files nothing("/nonexistent");
    const Value e = read_environment(nothing, Topology{}, read_cgroup_limits(nothing), {});
    EXPECT_EQ(keys_of(at(e, "cgroup")).size(), 7u);
    EXPECT_EQ(at(e, "cgroup.version"), Value());
    EXPECT_EQ(at(e, "cgroup.groups"), Value());
    EXPECT_EQ(at(e, "network.interfaces"), Value());
    EXPECT_EQ(at(e, "kernel.parameters"), Value());
}

TEST(EnvironmentLive, knows_this_machine) {
    const Value e = environment_of(Files(), "/");
    EXPECT_NE(at(e, "kernel.release"), Value());
    EXPECT_NE(at(e, "kernel.architecture"), Value());
    EXPECT_NE(at(e, "memory.total_bytes"), Value());
    EXPECT_EQ(at(e, "storage.path"), Value("/"));
    EXPECT_NE(at(e, "storage.filesystem"), Value());
#if defined(__x86_64__)
    EXPECT_EQ(at(e, "cpu.isa.sse2.cpuid"), Value(true));
    EXPECT_EQ(at(e, "cpu.isa.sse2.os_enabled"), Value(true));
    EXPECT_EQ(at(e, "cpu.isa.sse2.self_test"), Value(true));
    EXPECT_NE(at(e, "host.hypervisor"), Value());
#endif
}

}  // namespace
}  // namespace assay::host
