#include "engine/host/mounts.h"

#include <gtest/gtest.h>

#include "engine/host/fixture_trees.h"

namespace assay::host {
namespace {

std::string point_for(const char* tree, const char* path) {
    const std::optional<Mount> mount = mount_of_path(fixture(tree), path);
    return mount ? mount->point : "none";
}

TEST(Mounts, read_every_field_of_a_line) {
    const std::vector<Mount> mounts = read_mounts(fixture("bare_metal_2_nodes"));
    ASSERT_EQ(mounts.size(), 10u);
    const Mount& data = mounts[6];
    EXPECT_EQ(data.id, 29);
    EXPECT_EQ(data.device, (DeviceNumber{8, 1}));
    EXPECT_EQ(data.root, "/");
    EXPECT_EQ(data.point, "/data");
    EXPECT_EQ(data.options, "rw,noatime");
    EXPECT_EQ(data.filesystem, "ext4");
    EXPECT_EQ(data.source, "/dev/sda1");
    EXPECT_EQ(data.super_options, "rw,stripe=64");
}

TEST(Mounts, undo_the_octal_escapes) {
    EXPECT_EQ(read_mounts(fixture("bare_metal_2_nodes"))[7].point, "/srv/big disk");
}

TEST(Mounts, find_the_longest_point_at_whole_names) {
    EXPECT_EQ(point_for("bare_metal_2_nodes", "/data/db/file"), "/data");
    EXPECT_EQ(point_for("bare_metal_2_nodes", "/data"), "/data");
    EXPECT_EQ(point_for("bare_metal_2_nodes", "/database"), "/");
    EXPECT_EQ(point_for("bare_metal_2_nodes", "/data/../home"), "/");
    EXPECT_EQ(point_for("bare_metal_2_nodes", "/dev/shm/x"), "/dev/shm");
    EXPECT_EQ(point_for("bare_metal_2_nodes", "relative"), "none");
}

TEST(Mounts, keep_the_good_lines_of_a_broken_file) {
    const std::vector<Mount> mounts = read_mounts(fixture("broken"));
    ASSERT_EQ(mounts.size(), 5u);
    EXPECT_EQ(mounts[3].source, "/dev/ghost");
}

TEST(Mounts, are_none_where_the_file_is_missing) {
    EXPECT_TRUE(read_mounts(Files("/nonexistent")).empty());
    EXPECT_EQ(mount_of_path(Files("/nonexistent"), "/"), std::nullopt);
}

TEST(Mounts, have_options_of_their_own_and_of_the_filesystem) {
    Mount mount;
    mount.options = "rw,noatime";
    mount.super_options = "rw,compress=zstd:3,nobarrier,barrier=0,discard";
    EXPECT_TRUE(has_option(mount, "noatime"));
    EXPECT_TRUE(has_option(mount, "nobarrier"));
    EXPECT_TRUE(has_option(mount, "barrier=0"));
    EXPECT_FALSE(has_option(mount, "barrier"));
    EXPECT_FALSE(has_option(mount, "no"));
    EXPECT_EQ(option_value(mount, "compress"), "zstd:3");
    EXPECT_EQ(option_value(mount, "discard"), "");
    EXPECT_EQ(option_value(mount, "comp"), std::nullopt);
    EXPECT_EQ(option_value(mount, "compress-force"), std::nullopt);
}

TEST(Mounts, of_memory_are_known_by_their_filesystem) {
    const Files bare = fixture("bare_metal_2_nodes");
    EXPECT_TRUE(is_memory_filesystem(*mount_of_path(bare, "/dev/shm")));
    EXPECT_FALSE(is_memory_filesystem(*mount_of_path(bare, "/data")));
}

TEST(MountsLive, find_procfs_under_proc) {
    const std::optional<Mount> mount = mount_of_path(Files(), "/proc/self");
    ASSERT_TRUE(mount);
    EXPECT_EQ(mount->filesystem, "proc");
}

}  // namespace
}  // namespace assay::host
