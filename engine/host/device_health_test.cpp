#include "engine/host/device_health.h"

#include <gtest/gtest.h>

#include "engine/host/fixture_trees.h"
#include "tests/support/file_tree.h"

namespace assay::host {
namespace {

class DeviceHealth : public testing::Test {
  protected:
    std::string add_disk(const std::string& name) { return tree_.add_disk(name, "8:16"); }
    Files files() const { return Files(tree_.root()); }
    BlockDevice device() const {
        const auto found = device_of_number(files(), 8, 16);
        if (!found)
            ADD_FAILURE() << found.error().message;
        return found.value_or(BlockDevice{});
    }

    test::FileTree tree_;
};

TEST_F(DeviceHealth, an_array_tells_missing_disks_and_activity) {
    const std::string disk = add_disk("md0");
    tree_.write(disk + "/md/degraded", "1\n");
    tree_.write(disk + "/md/sync_action", "recover\n");
    const auto state = read_raid_state(files(), device());
    ASSERT_TRUE(state);
    EXPECT_EQ(state->missing_disks, 1u);
    EXPECT_EQ(state->activity, "recover");
}

TEST_F(DeviceHealth, an_array_without_redundancy_tells_neither) {
    const std::string disk = add_disk("md0");
    tree_.write(disk + "/md/level", "raid0\n");
    const auto state = read_raid_state(files(), device());
    ASSERT_TRUE(state);
    EXPECT_EQ(state->missing_disks, std::nullopt);
    EXPECT_EQ(state->activity, std::nullopt);
}

TEST_F(DeviceHealth, other_devices_are_no_arrays) {
    add_disk("sdb");
    EXPECT_FALSE(read_raid_state(files(), device()));
}

TEST_F(DeviceHealth, the_temperature_of_an_nvme_lies_under_its_controller) {
    const std::string disk = add_disk("nvme0n1");
    tree_.write(disk + "/device/hwmon3/temp1_input", "84850\n");
    tree_.write(disk + "/device/hwmon3/temp1_max", "84850\n");
    tree_.write(disk + "/device/hwmon3/temp1_crit", "89850\n");
    const auto temperature = read_device_temperature(files(), device());
    ASSERT_TRUE(temperature);
    EXPECT_DOUBLE_EQ(temperature->celsius, 84.85);
    EXPECT_DOUBLE_EQ(*temperature->most_celsius, 84.85);
    EXPECT_DOUBLE_EQ(*temperature->critical_celsius, 89.85);
    EXPECT_TRUE(temperature->is_hot());
}

TEST_F(DeviceHealth, the_temperature_of_a_sata_disk_lies_in_a_folder_more) {
    const std::string disk = add_disk("sdb");
    tree_.write(disk + "/device/hwmon/hwmon0/temp1_input", "41000\n");
    tree_.write(disk + "/device/hwmon/hwmon0/temp1_max", "0\n");
    tree_.write(disk + "/device/hwmon/hwmon0/temp1_crit", "70000\n");
    const auto temperature = read_device_temperature(files(), device());
    ASSERT_TRUE(temperature);
    EXPECT_EQ(temperature->celsius, 41);
    EXPECT_EQ(temperature->most_celsius, std::nullopt) << "0 is no limit";
    EXPECT_FALSE(temperature->is_hot());
}

TEST_F(DeviceHealth, the_temperature_of_a_multipath_nvme_lies_under_one_of_its_controllers) {
    const std::string disk = add_disk("nvme0n1");
    tree_.write(disk + "/device/nvme1/hwmon2/temp1_input", "50000\n");
    tree_.write(disk + "/device/nvme1/hwmon2/temp1_crit", "50000\n");
    ASSERT_TRUE(read_device_temperature(files(), device()));
    EXPECT_TRUE(read_device_temperature(files(), device())->is_hot());
}

TEST_F(DeviceHealth, without_a_readable_sensor_there_is_no_temperature) {
    const std::string disk = add_disk("sdb");
    EXPECT_FALSE(read_device_temperature(files(), device()));
    tree_.write(disk + "/device/hwmon/hwmon0/temp1_input", "warm\n");
    EXPECT_FALSE(read_device_temperature(files(), device()));
}

TEST_F(DeviceHealth, flushes_are_counted_where_there_is_a_request_queue) {
    const std::string disk = add_disk("sdb");
    EXPECT_FALSE(counts_flushes(files(), device()));
    tree_.write(disk + "/mq/0/cpu_list", "0\n");
    EXPECT_TRUE(counts_flushes(files(), device()));
}

TEST_F(DeviceHealth, a_ram_disk_is_memory) {
    add_disk("zram0");
    EXPECT_EQ(memory_of(files(), device()), "zram0 is memory");
    const test::FileTree other;
    other.add_disk("ram1", "1:1");
    EXPECT_EQ(memory_of(Files(other.root()), *device_of_number(Files(other.root()), 1, 1)),
              "ram1 is memory");
}

TEST_F(DeviceHealth, a_loop_device_is_memory_where_its_file_is) {
    const std::string disk = add_disk("loop3");
    tree_.write("proc/self/mountinfo",
                "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:24 / /dev/shm rw - tmpfs tmpfs rw\n");
    tree_.write(disk + "/loop/backing_file", "/dev/shm/image\n");
    EXPECT_EQ(memory_of(files(), device()), "the file of loop3, /dev/shm/image, lies on tmpfs");
    tree_.write(disk + "/loop/backing_file", "/dev/shm/image (deleted)\n");
    EXPECT_TRUE(memory_of(files(), device()));
    tree_.write(disk + "/loop/backing_file", "/memfd:disk (deleted)\n");
    EXPECT_EQ(memory_of(files(), device()), "the file of loop3 is memory (memfd)");
    tree_.write(disk + "/loop/backing_file", "/srv/image\n");
    EXPECT_FALSE(memory_of(files(), device()));
}

TEST(DeviceHealthFixtures, of_ordinary_disks_are_clean) {
    const Files bare = fixture("bare_metal_2_nodes");
    for (const auto& [major_number, minor_number] : {std::pair{8u, 0u}, {259u, 0u}, {7u, 0u}}) {
        const auto device = device_of_number(bare, major_number, minor_number);
        ASSERT_TRUE(device);
        EXPECT_FALSE(memory_of(bare, *device)) << device->name;
        EXPECT_FALSE(read_raid_state(bare, *device)) << device->name;
    }
}

}  // namespace
}  // namespace assay::host
