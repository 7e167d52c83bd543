#include "probes/cpu/soak_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/file_tree.h"

namespace assay::cpu {
namespace {

/// A small machine whose counters the test moves.
class Machine {
  public:
    Machine() { tell(0, 0, 0, 0, 0); }
    void tell(int busy, int steal, int periods, int throttlings, int cooling) const {
        std::string stat;
        for (const char* cpu : {"cpu0", "cpu1"})
            stat += std::string(cpu) + " " + std::to_string(1000 + busy) + " 0 0 500 0 0 0 " +
                    std::to_string(steal) + " 0 0\n";
        tree.write("proc/stat", stat);
        tree.write("proc/self/cgroup", "0::/job\n");
        tree.write("proc/self/mountinfo", "30 29 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        tree.write("sys/fs/cgroup/job/cpu.max", "50000 100000\n");
        tree.write("sys/fs/cgroup/job/cpu.stat", "usage_usec 1\nnr_periods 9\nnr_throttled " +
                                                     std::to_string(periods) + "\nthrottled_usec " +
                                                     std::to_string(periods * 1000) + "\n");
        tree.write("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count",
                   std::to_string(throttlings) + "\n");
        tree.write("sys/class/thermal/cooling_device0/type", "Processor\n");
        tree.write("sys/class/thermal/cooling_device0/cur_state", std::to_string(cooling) + "\n");
    }
    test::FileTree tree;
};

TEST(SoakWatch, GivesEachPartWhatGrewInIt) {
    const Machine machine;
    const host::Files files(machine.tree.root());
    SoakWatch watch(files, {0, 1});
    SoakPart first, second;
    machine.tell(75, 25, 20, 0, 0);
    watch.add_to(first, 2);
    EXPECT_EQ(first.steal_ratio, 0.25);
    EXPECT_EQ(first.throttled_periods, 10.0) << "a second";
    EXPECT_EQ(first.heat_events, 0.0);
    EXPECT_EQ(first.cooling_steps, 0.0);
    machine.tell(175, 25, 20, 6, 3);
    watch.add_to(second, 2);
    EXPECT_EQ(second.steal_ratio, 0.0);
    EXPECT_EQ(second.throttled_periods, 0.0);
    EXPECT_EQ(second.heat_events, 3.0) << "a second";
    EXPECT_EQ(second.cooling_steps, 3.0) << "a state, not a count";
}

TEST(SoakWatch, WhatTheKernelDoesNotTellIsUnknown) {
    const test::FileTree empty;
    const host::Files files(empty.root());
    SoakWatch watch(files, {0});
    SoakPart part;
    watch.add_to(part, 1);
    EXPECT_EQ(part.steal_ratio, std::nullopt);
    EXPECT_EQ(part.throttled_periods, std::nullopt);
    EXPECT_EQ(part.heat_events, std::nullopt);
    EXPECT_EQ(part.cooling_steps, std::nullopt);
}

TEST(SoakWatch, ACounterThatStartsAgainIsNoGrowth) {
    const Machine machine;
    machine.tell(100, 50, 40, 9, 0);
    const host::Files files(machine.tree.root());
    SoakWatch watch(files, {0, 1});
    SoakPart part;
    machine.tell(200, 10, 2, 1, 0);
    watch.add_to(part, 1);
    EXPECT_EQ(part.steal_ratio, 0.0);
    EXPECT_EQ(part.throttled_periods, 0.0);
    EXPECT_EQ(part.heat_events, 0.0);
}

}  // namespace
}  // namespace assay::cpu
