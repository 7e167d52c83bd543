#include "engine/host/block_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/host/fixture_trees.h"

namespace assay::host {
namespace {

using testing::ElementsAre;

std::string name_of_device(const char* tree, const char* path) {
    const auto device = device_of_path(fixture(tree), path);
    return device ? device->name : "none";
}

std::vector<std::string> leaf_names(const char* tree, const char* path) {
    std::vector<std::string> names;
    if (const auto device = device_of_path(fixture(tree), path))
        for (const BlockDevice& leaf : leaf_disks(fixture(tree), *device))
            names.push_back(leaf.name);
    return names;
}

TEST(BlockDevice, tells_every_fact_of_a_sata_partition_and_its_disk) {
    const auto device = device_of_path(fixture("bare_metal_2_nodes"), "/data/db");
    ASSERT_TRUE(device);
    EXPECT_EQ(device->major, 8u);
    EXPECT_EQ(device->minor, 1u);
    EXPECT_EQ(device->name, "sda1");
    EXPECT_TRUE(device->is_partition);
    EXPECT_FALSE(device->is_loop || device->is_mapped || device->is_raid);
    EXPECT_EQ(device->disk_name, "sda");
    EXPECT_EQ(device->disk_major, 8u);
    EXPECT_EQ(device->disk_minor, 0u);
    EXPECT_EQ(device->size_bytes, 7814033408u * 512);
    EXPECT_EQ(device->read_only, false);
    EXPECT_EQ(device->model, "ST4000NM0035-1V4");
    EXPECT_EQ(device->firmware, "TN02");
    EXPECT_EQ(device->serial, "ZC12ABCD");  // from the binary page 0x80
    EXPECT_EQ(device->rotational, true);
    EXPECT_EQ(device->logical_block_bytes, 512u);
    EXPECT_EQ(device->physical_block_bytes, 4096u);
    EXPECT_EQ(device->scheduler, "mq-deadline");
    EXPECT_EQ(device->nr_requests, 64);
    EXPECT_EQ(device->write_cache, "write back");
    EXPECT_EQ(device->write_back_throttling_us, 75000);
    EXPECT_EQ(device->nomerges, 0);
    EXPECT_EQ(device->max_sectors_kib, 1280);
    EXPECT_EQ(device->io_poll, false);
    EXPECT_EQ(device->loop_backing_file, std::nullopt);
}

TEST(BlockDevice, takes_the_serial_of_nvme_and_virtio_from_where_they_keep_it) {
    EXPECT_EQ(device_of_number(fixture("bare_metal_2_nodes"), 259, 0)->serial, "S64GNE0R30017");
    EXPECT_EQ(device_of_number(fixture("bare_metal_2_nodes"), 259, 0)->firmware, "GDC5602Q");
    EXPECT_EQ(device_of_number(fixture("vm_no_pmu"), 252, 1)->serial, "vol-0abc");
}

TEST(BlockDevice, leaves_out_what_the_kernel_does_not_say) {
    const auto vm = device_of_path(fixture("vm_no_pmu"), "/var");
    ASSERT_TRUE(vm);
    EXPECT_EQ(vm->name, "vda1");
    EXPECT_EQ(vm->model, std::nullopt);
    EXPECT_EQ(vm->write_back_throttling_us, std::nullopt);
    EXPECT_EQ(vm->io_poll, std::nullopt);
    EXPECT_EQ(vm->scheduler, "none");
    const auto hybrid = device_of_path(fixture("hybrid_cgroup"), "/");
    ASSERT_TRUE(hybrid);
    EXPECT_EQ(hybrid->disk_name, "sdb");
    EXPECT_EQ(hybrid->rotational, std::nullopt);
    EXPECT_EQ(hybrid->logical_block_bytes, std::nullopt);
    EXPECT_EQ(hybrid->serial, std::nullopt);
}

TEST(BlockDevice, is_found_by_mount_by_mount_source_and_by_node) {
    EXPECT_EQ(name_of_device("bare_metal_2_nodes", "/home"), "dm-0");
    EXPECT_EQ(name_of_device("bare_metal_2_nodes", "/srv/big disk/f"), "nvme1n1p4");  // btrfs
    EXPECT_EQ(name_of_device("bare_metal_2_nodes", "/dev/nvme0n1"), "nvme0n1");
    EXPECT_EQ(name_of_device("container_quota_v2", "/vol/data"), "nvme0n1p1");
}

TEST(BlockDevice, is_refused_in_words_where_none_stands_under_a_path) {
    for (const auto& [tree, path, word] : {std::tuple{"bare_metal_2_nodes", "/net/export", "nfs4"},
                                           std::tuple{"bare_metal_2_nodes", "/dev/shm/x", "tmpfs"},
                                           std::tuple{"vm_no_pmu", "/tmp", "tmpfs"},
                                           std::tuple{"container_quota_v2", "/srv", "overlay"}}) {
        const auto device = device_of_path(fixture(tree), path);
        ASSERT_FALSE(device) << path;
        EXPECT_EQ(device.error().kind, ErrorKind::unsupported) << path;
        EXPECT_THAT(device.error().message, testing::HasSubstr(word));
        EXPECT_THAT(device.error().message, testing::HasSubstr(path));
    }
    EXPECT_EQ(device_of_number(fixture("vm_no_pmu"), 1, 2).error().kind, ErrorKind::not_found);
}

// / is dm-0 on md127 on a partition of each NVMe disk; the loop device's file lies on /data.
TEST(BlockDevice, leaves_are_the_whole_disks_at_the_bottom) {
    EXPECT_THAT(leaf_names("bare_metal_2_nodes", "/"), ElementsAre("nvme0n1", "nvme1n1"));
    EXPECT_THAT(leaf_names("bare_metal_2_nodes", "/data"), ElementsAre("sda"));
    EXPECT_THAT(leaf_names("bare_metal_2_nodes", "/snap/tool"), ElementsAre("sda"));
    EXPECT_THAT(leaf_names("bare_metal_2_nodes", "/dev/nvme1n1"), ElementsAre("nvme1n1"));
    EXPECT_THAT(leaf_names("vm_no_pmu", "/"), ElementsAre("vda"));
    EXPECT_THAT(leaf_names("container_quota_v2", "/vol"), ElementsAre("nvme0n1"));
    EXPECT_THAT(leaf_names("hybrid_cgroup", "/"), ElementsAre("sdb"));
}

TEST(BlockDevice, layers_go_from_the_top_to_the_disks_each_once) {
    const auto layers = [](const char* tree, const char* path) {
        std::vector<std::string> names;
        if (const auto device = device_of_path(fixture(tree), path))
            for (const BlockDevice& layer : layers_of(fixture(tree), *device))
                names.push_back(layer.name);
        return names;
    };
    EXPECT_THAT(layers("bare_metal_2_nodes", "/"),
                ElementsAre("dm-0", "md127", "nvme0n1p3", "nvme0n1", "nvme1n1p3", "nvme1n1"));
    EXPECT_THAT(layers("bare_metal_2_nodes", "/snap/tool"), ElementsAre("loop0", "sda1", "sda"));
    EXPECT_THAT(layers("bare_metal_2_nodes", "/dev/nvme1n1"), ElementsAre("nvme1n1"));
    const auto broken = device_of_number(fixture("broken"), 8, 32);
    ASSERT_TRUE(broken);
    EXPECT_EQ(layers_of(fixture("broken"), *broken).size(), 1u);
}

TEST(BlockDevice, knows_what_stacks_on_what) {
    const Files bare = fixture("bare_metal_2_nodes");
    EXPECT_TRUE(device_of_number(bare, 253, 0)->is_mapped);
    EXPECT_EQ(device_of_number(bare, 253, 0)->model, "vg0-root");
    EXPECT_TRUE(device_of_number(bare, 9, 127)->is_raid);
    EXPECT_TRUE(device_of_number(bare, 7, 0)->is_loop);
    EXPECT_EQ(device_of_number(bare, 7, 0)->read_only, true);
    EXPECT_EQ(device_of_number(bare, 7, 0)->loop_backing_file, "/data/images/tool.squashfs");
}

TEST(BlockDevice, of_a_broken_tree_has_a_name_and_nothing_else) {
    const Files broken = fixture("broken");
    const auto device = device_of_number(broken, 8, 32);
    ASSERT_TRUE(device);
    EXPECT_EQ(device->name, "sdc");
    EXPECT_EQ(device->size_bytes, std::nullopt);
    EXPECT_EQ(device->read_only, std::nullopt);
    EXPECT_EQ(device->model, std::nullopt);
    EXPECT_EQ(device->serial, std::nullopt);
    EXPECT_EQ(device->rotational, std::nullopt);
    EXPECT_EQ(device->scheduler, std::nullopt);
    EXPECT_EQ(device->nr_requests, std::nullopt);
    // It names itself as the disk that it stands on: no endless descent.
    EXPECT_EQ(leaf_disks(broken, *device).size(), 1u);
    EXPECT_EQ(device_of_path(broken, "/").error().kind, ErrorKind::not_found);  // a dangling link
    EXPECT_EQ(device_of_path(Files("/nonexistent"), "/").error().kind, ErrorKind::not_found);
}

TEST(BlockDeviceLive, of_a_missing_path_is_not_found) {
    const auto device = device_of_path(Files(), "/nonexistent/file");
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().kind, ErrorKind::not_found);
}

TEST(BlockDeviceLive, has_the_number_that_stat_tells) {
    struct stat facts {};
    ASSERT_EQ(stat("/", &facts), 0);
    const auto device = device_of_path(Files(), "/");
    if (major(facts.st_dev) == 0 || !device)
        GTEST_SKIP() << "/ lies on no block device here";
    EXPECT_EQ(makedev(device->major, device->minor), facts.st_dev);
    EXPECT_GT(device->size_bytes, 0u);
    EXPECT_FALSE(leaf_disks(Files(), *device).empty());
}

}  // namespace
}  // namespace assay::host
