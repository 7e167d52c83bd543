#include "engine/host/topology.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/units.h"

namespace assay::host {
namespace {

/// A machine's sysfs, built file by file.
class Machine {
  public:
    Machine() {
        std::string pattern = (std::filesystem::temp_directory_path() / "machine-XXXXXX").string();
        root_ = mkdtemp(pattern.data());
        write("proc/cpuinfo", "");
        write("proc/mounts", "");
    }
    ~Machine() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    void write(const std::string& path, const std::string& text) {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text << "\n";
    }
    void set_online(const std::string& list, const std::string& possible) {
        write("sys/devices/system/cpu/online", list);
        write("sys/devices/system/cpu/possible", possible);
        write("sys/devices/system/cpu/present", possible);
    }
    struct CpuPlace {
        int cpu, core, package;
        unsigned core_mask, package_mask;  ///< of CPUs that share the core and the package
    };
    void add_cpu(const CpuPlace& place) {
        const std::string folder = cpu_folder(place.cpu) + "topology/";
        write(folder + "core_id", std::to_string(place.core));
        write(folder + "physical_package_id", std::to_string(place.package));
        for (const char* file : {"core_cpus", "thread_siblings"})
            write(folder + file, hex(place.core_mask));
        for (const char* file : {"package_cpus", "core_siblings"})
            write(folder + file, hex(place.package_mask));
    }
    struct CachePlace {
        int cpu, index, level;
        const char* type;
        int size_kib;
        unsigned mask;
    };
    void add_cache(const CachePlace& place) {
        const std::string folder =
            cpu_folder(place.cpu) + "cache/index" + std::to_string(place.index) + "/";
        write(folder + "level", std::to_string(place.level));
        write(folder + "type", place.type);
        write(folder + "size", std::to_string(place.size_kib) + "K");
        write(folder + "shared_cpu_map", hex(place.mask));
        write(folder + "coherency_line_size", "64");
        write(folder + "number_of_sets", "64");
        write(folder + "physical_line_partition", "1");
    }
    void add_node(int node, const std::string& cpus, unsigned mask, std::uint64_t kib) {
        const std::string folder = "sys/devices/system/node/node" + std::to_string(node) + "/";
        const std::string prefix = "Node " + std::to_string(node) + " ";
        write(folder + "cpulist", cpus);
        write(folder + "cpumap", hex(mask));
        write(folder + "meminfo", prefix + "MemTotal:       " + std::to_string(kib) + " kB\n" +
                                      prefix + "MemFree:        0 kB");
        write(folder + "distance", "10 21");
    }
    Expected<Topology> read() const { return read_topology(Files(root_)); }

  private:
    static std::string cpu_folder(int cpu) {
        return "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/";
    }
    static std::string hex(unsigned mask) {
        char text[16];
        std::snprintf(text, sizeof text, "%08x", mask);
        return text;
    }
    std::filesystem::path root_;
};

/// Two packages of two cores with two threads each; siblings are numbered 4 apart, as firmware
/// does.
void build_two_nodes(Machine& machine) {
    machine.set_online("0-7", "0-7");
    for (int cpu = 0; cpu < 8; ++cpu) {
        const int core = cpu % 4;
        const int package = core / 2;
        const unsigned core_mask = 0x11u << core;
        const unsigned package_mask = package == 0 ? 0x33u : 0xccu;
        machine.add_cpu({cpu, core % 2, package, core_mask, package_mask});
        machine.add_cache({cpu, 0, 1, "Data", 48, core_mask});
        machine.add_cache({cpu, 1, 1, "Instruction", 32, core_mask});
        machine.add_cache({cpu, 2, 2, "Unified", 1024, core_mask});
        machine.add_cache({cpu, 3, 3, "Unified", 16384, package_mask});
    }
    machine.write("sys/devices/system/node/online", "0-1");
    machine.add_node(0, "0-1,4-5", 0x33, 4194304);
    machine.add_node(1, "2-3,6-7", 0xcc, 8388608);
}

TEST(Topology, ReadsTwoPackagesWithSiblingsCachesAndNodes) {
    Machine machine;
    build_two_nodes(machine);
    const auto topology = machine.read();
    ASSERT_TRUE(topology) << topology.error().message;
    EXPECT_EQ(topology->packages, 2);
    EXPECT_EQ(topology->cores, 4);
    ASSERT_EQ(topology->pus.size(), 8u);
    EXPECT_EQ(topology->pus[0].core, topology->pus[4].core) << "CPU 4 is the sibling of CPU 0";
    EXPECT_NE(topology->pus[0].core, topology->pus[1].core);
    EXPECT_EQ(topology->pus[6].numa_node, 1);
    EXPECT_EQ(topology->pus[5].numa_node, 0);
    ASSERT_EQ(topology->nodes.size(), 2u);
    EXPECT_EQ(topology->nodes[0].pus, (std::vector<int>{0, 1, 4, 5}));
    EXPECT_EQ(topology->nodes[0].memory_bytes, 4 * kGiB);
    EXPECT_EQ(topology->nodes[1].memory_bytes, 8 * kGiB);
    EXPECT_EQ(topology->last_level_cache_bytes(), 32 * kMiB) << "two of 16 MiB";
    EXPECT_EQ(topology->allowed_cpus_of_node(1), (std::vector<int>{2, 3, 6, 7}));
    EXPECT_EQ(std::ranges::count(topology->caches, "instruction", &Cache::kind), 4);
}

TEST(Topology, PinsToEachCoreOnceBeforeAnySibling) {
    Machine machine;
    build_two_nodes(machine);
    const auto topology = machine.read();
    ASSERT_TRUE(topology);
    EXPECT_EQ(topology->pinning_order(), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
    // The same machine with the siblings side by side.
    Topology adjacent;
    for (int cpu = 0; cpu < 6; ++cpu)
        adjacent.pus.push_back({.os_index = cpu, .core = cpu / 2, .numa_node = {}});
    EXPECT_EQ(adjacent.pinning_order(), (std::vector<int>{0, 2, 4, 1, 3, 5}));
    adjacent.pus[2].allowed = false;
    EXPECT_EQ(adjacent.pinning_order(), (std::vector<int>{0, 3, 4, 1, 5}));
}

TEST(Topology, AnAffinityMaskSmallerThanTheMachineLeavesTheOthersShownButNotAllowed) {
    Machine machine;
    build_two_nodes(machine);
    machine.write("proc/self/status", "Name:\tassay\nCpus_allowed_list:\t1-2,5\nVmRSS: 1 kB");
    const auto topology = machine.read();
    ASSERT_TRUE(topology);
    EXPECT_EQ(topology->pus.size(), 8u);
    EXPECT_EQ(topology->allowed_cpus(), (std::vector<int>{1, 2, 5}));
    EXPECT_EQ(topology->allowed_cpus_of_node(0), (std::vector<int>{1, 5}));
    EXPECT_EQ(topology->pinning_order(), (std::vector<int>{1, 2, 5}));
}

TEST(Topology, TheLastLevelCacheCountsOnlyWhatAllowedCpusReach) {
    Machine machine;
    build_two_nodes(machine);
    machine.write("proc/self/status", "Cpus_allowed_list:\t2-3");
    const auto topology = machine.read();
    ASSERT_TRUE(topology);
    EXPECT_EQ(topology->last_level_cache_bytes(), 16 * kMiB);
}

TEST(Topology, OfflineCpusAreNotThere) {
    Machine machine;
    build_two_nodes(machine);
    machine.set_online("0-2,4-6", "0-7");
    const auto topology = machine.read();
    ASSERT_TRUE(topology);
    EXPECT_EQ(topology->allowed_cpus(), (std::vector<int>{0, 1, 2, 4, 5, 6}));
}

TEST(Topology, ANodeWithoutMemoryHasNoneAndANodeWithoutCpusHasNone) {
    Machine machine;
    build_two_nodes(machine);
    machine.write("sys/devices/system/node/online", "0-2");
    machine.add_node(1, "2-3,6-7", 0xcc, 0);
    machine.add_node(2, "", 0, 1048576);
    for (int node = 0; node < 3; ++node)
        machine.write("sys/devices/system/node/node" + std::to_string(node) + "/distance",
                      "10 20 30");
    const auto topology = machine.read();
    ASSERT_TRUE(topology) << topology.error().message;
    ASSERT_EQ(topology->nodes.size(), 3u);
    EXPECT_EQ(topology->nodes[1].memory_bytes, 0u);
    EXPECT_TRUE(topology->nodes[2].pus.empty());
    EXPECT_EQ(topology->nodes[2].memory_bytes, kGiB);
    EXPECT_EQ(topology->pus[2].numa_node, 1);
    EXPECT_TRUE(topology->allowed_cpus_of_node(2).empty());
}

TEST(Topology, ANodeThatIsOfflineIsNotThere) {
    Machine machine;
    build_two_nodes(machine);
    machine.write("sys/devices/system/node/possible", "0-2");
    machine.write("sys/devices/system/node/online", "0-1");
    // What is left of it: a folder without its files.
    machine.write("sys/devices/system/node/node2/uevent", "");
    const auto topology = machine.read();
    ASSERT_TRUE(topology) << topology.error().message;
    ASSERT_EQ(topology->nodes.size(), 2u);
    EXPECT_EQ(topology->nodes[1].os_index, 1);
}

// As a guest whose balloon gave memory back after boot: the machine has it, no node's count does.
TEST(Topology, MemoryThatNoNodeCountsIsThatOfTheOnlyNodeOrOfAnUnknownOne) {
    for (const bool two : {false, true}) {
        Machine machine;
        build_two_nodes(machine);
        machine.add_node(1, "2-3,6-7", 0xcc, two ? 8388608 : 0);
        machine.write("proc/meminfo", "MemTotal: 25165824 kB\nMemAvailable: 1048576 kB");
        const auto topology = machine.read();
        ASSERT_TRUE(topology) << topology.error().message;
        EXPECT_EQ(topology->nodes.at(0).memory_bytes,
                  two ? std::nullopt : std::optional<std::uint64_t>(24 * kGiB));
        EXPECT_EQ(topology->nodes.at(1).memory_bytes,
                  two ? std::nullopt : std::optional<std::uint64_t>(0))
            << "a node without memory stays one";
    }
    Machine machine;
    build_two_nodes(machine);
    machine.write("proc/meminfo", "MemTotal: 12570000 kB\nMemAvailable: 1048576 kB");
    EXPECT_EQ(machine.read()->nodes.at(0).memory_bytes, 4 * kGiB) << "12 GiB, but for some KiB";
}

TEST(Topology, AKernelWithoutNumaAndCachesLeavesThemUnknown) {
    Machine machine;
    machine.set_online("0-1", "0-1");
    machine.add_cpu({0, 0, 0, 1, 3});
    machine.add_cpu({1, 1, 0, 2, 3});
    const auto topology = machine.read();
    ASSERT_TRUE(topology) << topology.error().message;
    EXPECT_EQ(topology->cores, 2);
    EXPECT_TRUE(topology->nodes.empty());
    EXPECT_EQ(topology->pus.at(0).numa_node, std::nullopt);
    EXPECT_EQ(topology->last_level_cache_bytes(), std::nullopt);
}

TEST(Topology, TheLiveMachineShowsTheCpusOfOurMaskAndNoOthersAsAllowed) {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    const auto topology = read_topology(Files());
    ASSERT_TRUE(topology) << topology.error().message;
    EXPECT_EQ(topology->allowed_cpus().size(), static_cast<std::size_t>(CPU_COUNT(&mask)));
    for (int cpu : topology->allowed_cpus())
        EXPECT_TRUE(CPU_ISSET(static_cast<unsigned>(cpu), &mask)) << cpu;
    EXPECT_GE(topology->cores, 1);
    EXPECT_EQ(topology->pus.size(), static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_ONLN)));
}

TEST(Topology, ASmallerMaskOfTheCallingThreadIsSeenOnTheLiveMachine) {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    if (CPU_COUNT(&mask) < 2)
        GTEST_SKIP() << "this process has one CPU only";
    unsigned last = 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &mask))
            last = cpu;
    // On a thread of its own, whose mask dies with it.
    std::thread([last] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(last, &one);
        ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
        const auto topology = read_topology(Files());
        ASSERT_TRUE(topology);
        EXPECT_EQ(topology->allowed_cpus(), std::vector<int>{static_cast<int>(last)});
    }).join();
}

TEST(Topology, AnotherMachinesDescriptionIsRefusedForTheLiveOne) {
    Machine machine;
    build_two_nodes(machine);
    ASSERT_EQ(setenv("HWLOC_SYNTHETIC", "pack:2 core:2 pu:1", 1), 0);
    const auto topology = read_topology(Files());
    ASSERT_EQ(unsetenv("HWLOC_SYNTHETIC"), 0);
    ASSERT_FALSE(topology);
    EXPECT_EQ(topology.error().kind, ErrorKind::unavailable);
    EXPECT_NE(topology.error().message.find("HWLOC_"), std::string::npos);
}

}  // namespace
}  // namespace assay::host
