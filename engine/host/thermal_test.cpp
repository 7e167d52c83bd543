#include "engine/host/thermal.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/support/file_tree.h"

namespace assay::host {
namespace {

constexpr std::array kTwo{0, 2};

TEST(Thermal, throttle_counts_of_the_given_cpus_are_added_up) {
    const test::FileTree tree;
    const std::string cpu = "sys/devices/system/cpu/cpu";
    tree.write(cpu + "0/thermal_throttle/core_throttle_count", "3\n");
    tree.write(cpu + "0/thermal_throttle/package_throttle_count", "10\n");
    tree.write(cpu + "1/thermal_throttle/core_throttle_count", "100\n");
    tree.write(cpu + "2/thermal_throttle/core_throttle_count", "4\n");
    const ThermalState state = read_thermal_state(Files(tree.root()), kTwo);
    EXPECT_EQ(state.throttle_events, 17u);
    EXPECT_EQ(state.cooling_steps, std::nullopt);
}

TEST(Thermal, only_cooling_that_slows_processors_counts) {
    const test::FileTree tree;
    const auto add = [&](const std::string& number, std::string_view type, std::string_view state) {
        tree.write("sys/class/thermal/cooling_device" + number + "/type", type);
        tree.write("sys/class/thermal/cooling_device" + number + "/cur_state", state);
    };
    add("0", "Processor\n", "2\n");
    add("1", "Fan\n", "7\n");
    add("2", "intel_powerclamp\n", "-1\n");
    add("3", "cpufreq-cpu0\n", "1\n");
    add("4", "Processor\n", "much\n");
    const ThermalState state = read_thermal_state(Files(tree.root()), kTwo);
    EXPECT_EQ(state.cooling_steps, 3);
    EXPECT_EQ(state.throttle_events, std::nullopt);
}

TEST(Thermal, a_machine_that_tells_nothing_is_unknown_and_not_cool) {
    const test::FileTree tree;
    const ThermalState none = read_thermal_state(Files(tree.root()), kTwo);
    EXPECT_EQ(none.throttle_events, std::nullopt);
    EXPECT_EQ(none.cooling_steps, std::nullopt);
}

}  // namespace
}  // namespace assay::host
