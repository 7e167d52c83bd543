#include "probes/storage/surroundings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/core/units.h"
#include "engine/host/block_device.h"
#include "engine/host/device_health.h"
#include "tests/support/block_throttle.h"
#include "tests/support/file_tree.h"
#include "tests/support/loop_device.h"

namespace assay::storage {
namespace {

using host::Files;
using host::Mount;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> ids_of(const std::vector<Finding>& findings) {
    std::vector<std::string> ids;
    for (const Finding& finding : findings)
        ids.push_back(finding.id);
    return ids;
}

Mount mount_of(const char* filesystem, const char* super_options) {
    Mount mount;
    mount.point = "/data";
    mount.options = "rw,relatime";
    mount.filesystem = filesystem;
    mount.source = "server:/export";
    mount.super_options = super_options;
    return mount;
}

std::vector<std::string> ids_of_mount(const char* filesystem, const char* super_options) {
    return ids_of(judge_mount(mount_of(filesystem, super_options)));
}

TEST(MountFindings, of_plain_disks_are_none) {
    EXPECT_THAT(ids_of_mount("ext4", "rw,stripe=64,data=writeback"), IsEmpty());
    EXPECT_THAT(ids_of_mount("xfs", "rw,attr2,inode64,noquota"), IsEmpty());
    EXPECT_THAT(ids_of_mount("btrfs", "rw,ssd,space_cache=v2,compress=no"), IsEmpty());
    EXPECT_THAT(ids_of_mount("ext4", "rw,barrier=1"), IsEmpty());
    EXPECT_THAT(ids_of_mount("fuseblk", "rw,user_id=0"), IsEmpty());
    EXPECT_THAT(ids_of_mount("f2fs", "rw,fsync_mode=posix"), IsEmpty());
    EXPECT_THAT(ids_of_mount("overlay", "rw,lowerdir=/l"), IsEmpty());
}

TEST(MountFindings, of_compression_name_the_option) {
    EXPECT_THAT(ids_of_mount("btrfs", "rw,compress=zstd:3"),
                ElementsAre("transparent_compression"));
    EXPECT_THAT(ids_of_mount("btrfs", "rw,compress-force=lzo"),
                ElementsAre("transparent_compression"));
    EXPECT_THAT(ids_of_mount("f2fs", "rw,compress_algorithm=lz4,compress_log_size=2"),
                ElementsAre("transparent_compression"));
    EXPECT_THAT(ids_of_mount("zfs", "rw,xattr"), ElementsAre("transparent_compression"));
    EXPECT_THAT(ids_of_mount("ext4", "rw,compress=zstd"), IsEmpty()) << "not an option of ext4";
    EXPECT_EQ(judge_mount(mount_of("btrfs", "rw,compress=zstd:3"))[0].message,
              "/data (btrfs) is mounted with compress=zstd:3");
}

TEST(MountFindings, of_filesystems_elsewhere_name_the_source) {
    for (const char* filesystem : {"nfs", "nfs4", "cifs", "9p", "ceph", "fuse.sshfs", "virtiofs"})
        EXPECT_THAT(ids_of_mount(filesystem, "rw"), ElementsAre("remote_filesystem")) << filesystem;
    const auto findings = judge_mount(mount_of("nfs4", "rw,vers=4.2"));
    EXPECT_EQ(findings[0].severity, Severity::info);
    EXPECT_THAT(findings[0].message, HasSubstr("server:/export"));
}

TEST(MountFindings, of_missing_barriers_name_the_option) {
    for (const char* options :
         {"rw,nobarrier", "rw,barrier=0", "rw,data=writeback,nobarrier", "barrier=none"})
        EXPECT_THAT(ids_of_mount("ext4", options), ElementsAre("barriers_off")) << options;
    EXPECT_THAT(ids_of_mount("f2fs", "rw,fsync_mode=nobarrier"), ElementsAre("barriers_off"));
    EXPECT_THAT(ids_of_mount("overlay", "rw,volatile"), ElementsAre("barriers_off"));
    EXPECT_THAT(ids_of_mount("btrfs", "rw,compress,nobarrier"),
                ElementsAre("transparent_compression", "barriers_off"));
}

TEST(MountFindings, of_memory_are_told) {
    EXPECT_THAT(ids_of_mount("tmpfs", "rw,size=1g"), ElementsAre("memory_backed"));
    EXPECT_THAT(ids_of_mount("ramfs", "rw"), ElementsAre("memory_backed"));
}

TEST(Fill, of_over_ninety_percent_is_told) {
    EXPECT_FALSE(judge_fill({false, 100, 1000}));
    ASSERT_TRUE(judge_fill({false, 99, 1000}));
    EXPECT_EQ(judge_fill({false, 99, 1000})->message, "90.1 % of 1000 B is used");
    EXPECT_FALSE(judge_fill({false, std::nullopt, 1000}));
    EXPECT_FALSE(judge_fill({false, 0, 0}));
    EXPECT_FALSE(judge_fill({false, 2000, 1000}));
    EXPECT_TRUE(judge_fill({false, 0, 1000}));
}

// An ext4 on a partition of sdb; and an array of two such disks, mounted as /raid.
class Surroundings : public testing::Test {
  protected:
    Surroundings() {
        sdb_ = tree_.add_disk("sdb", "8:16");
        tree_.write(sdb_ + "/sdb1/partition", "1\n");
        tree_.write(sdb_ + "/sdb1/dev", "8:17\n");
        tree_.link("sys/dev/block/8:17", "../../devices/virtual/block/sdb/sdb1");
        tree_.link("sys/class/block/sdb1", "../../devices/virtual/block/sdb/sdb1");
        md0_ = tree_.add_disk("md0", "9:0");
        tree_.write(md0_ + "/md/degraded", "0\n");
        tree_.write(md0_ + "/md/sync_action", "idle\n");
        tree_.link(md0_ + "/slaves/sdb1", "../../sdb/sdb1");
        tree_.write("proc/self/mountinfo",
                    "1 0 8:17 / / rw,relatime - ext4 /dev/sdb1 rw\n"
                    "2 1 9:0 / /raid rw - xfs /dev/md0 rw,attr2\n"
                    "3 1 0:40 / /net rw - nfs4 filer:/export rw\n"
                    "4 1 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        tree_.write("proc/self/cgroup", "0::/db\n");
        tree_.write("sys/fs/cgroup/db/cgroup.procs", "");
    }

    std::vector<Finding> around(const char* path, const TargetFacts& facts = {}) const {
        return judge_surroundings(Files(tree_.root()), path, facts);
    }

    test::FileTree tree_;
    std::string sdb_, md0_;
};

TEST_F(Surroundings, that_are_in_order_raise_nothing) {
    EXPECT_THAT(around("/srv", {false, 500, 1000}), IsEmpty());
    EXPECT_THAT(around("/raid", {false, 500, 1000}), IsEmpty());
    EXPECT_THAT(around("/dev/sdb", {.is_device = true}), IsEmpty());
    EXPECT_THAT(around("relative"), IsEmpty());
}

TEST_F(Surroundings, without_a_device_are_judged_by_their_mount) {
    EXPECT_THAT(ids_of(around("/net/x", {false, 5, 1000})),
                ElementsAre("remote_filesystem", "nearly_full"));
}

TEST_F(Surroundings, of_an_array_tell_missing_disks_and_a_resync) {
    tree_.write(md0_ + "/md/degraded", "1\n");
    tree_.write(md0_ + "/md/sync_action", "recover\n");
    const auto findings = around("/raid");
    ASSERT_THAT(ids_of(findings), ElementsAre("raid_degraded"));
    EXPECT_EQ(findings[0].message, "md0 lacks 1 disk and is busy with: recover");
    tree_.write(md0_ + "/md/degraded", "0\n");
    tree_.write(md0_ + "/md/sync_action", "check\n");
    ASSERT_THAT(ids_of(around("/raid")), ElementsAre("raid_degraded"));
    EXPECT_EQ(around("/raid")[0].message, "md0 is busy with: check");
    EXPECT_THAT(around("/srv"), IsEmpty()) << "the array does not lie under this path";
}

TEST_F(Surroundings, tell_heat_of_a_disk_under_an_array_once) {
    tree_.write(sdb_ + "/device/hwmon/hwmon1/temp1_input", "71000\n");
    tree_.write(sdb_ + "/device/hwmon/hwmon1/temp1_max", "70000\n");
    tree_.write(sdb_ + "/device/hwmon/hwmon1/temp1_crit", "80000\n");
    const auto findings = around("/raid");
    ASSERT_THAT(ids_of(findings), ElementsAre("device_hot"));
    EXPECT_EQ(findings[0].message, "sdb is at 71 degrees Celsius; its limit is 70");
    tree_.write(sdb_ + "/device/hwmon/hwmon1/temp1_input", "69900\n");
    EXPECT_THAT(around("/raid"), IsEmpty());
}

TEST_F(Surroundings, tell_limits_of_control_groups_on_any_layer_with_numbers) {
    tree_.write("sys/fs/cgroup/db/io.max", "8:16 rbps=max wbps=max riops=5000 wiops=max\n");
    tree_.write("sys/fs/cgroup/io.max", "9:0 rbps=1048576 wbps=max riops=max wiops=max\n");
    const auto findings = around("/raid");
    ASSERT_THAT(ids_of(findings), ElementsAre("cgroup_io_limit", "cgroup_io_limit"));
    EXPECT_EQ(findings[0].message, "control group /db limits sdb to 5000 reads/s");
    EXPECT_EQ(findings[1].message, "control group / limits md0 to 1048576 B/s of reads");
    EXPECT_THAT(ids_of(around("/dev/sdb", {.is_device = true})), ElementsAre("cgroup_io_limit"));
}

TEST_F(Surroundings, tell_memory_under_a_device) {
    tree_.add_disk("zram0", "252:0");
    EXPECT_THAT(ids_of(around("/dev/zram0", {.is_device = true})), ElementsAre("memory_backed"));
    const std::string loop = tree_.add_disk("loop0", "7:0");
    tree_.write(loop + "/loop/backing_file", "/memfd:x (deleted)\n");
    EXPECT_THAT(ids_of(around("/dev/loop0", {.is_device = true})), ElementsAre("memory_backed"));
}

TEST(SurroundingsLive, of_a_device_that_does_not_exist_are_none) {
    EXPECT_THAT(judge_surroundings(Files(), "/nonexistent/path", {.is_device = true}), IsEmpty());
}

// A disk made of memory, and a limit that this thread gets: both are told of the real machine.
TEST(SurroundingsLive, of_a_limited_disk_in_memory_tell_both) {
    const auto disk = test::LoopDevice::create(16 * kMiB);
    if (!disk)
        GTEST_SKIP() << disk.error().message;
    const Files files;
    EXPECT_THAT(ids_of(judge_surroundings(files, disk->path(), {.is_device = true})),
                ElementsAre("memory_backed"));
    const auto device = host::device_of_path(files, disk->path());
    ASSERT_TRUE(device);
    EXPECT_TRUE(host::counts_flushes(files, *device));
    const auto limit = test::BlockThrottle::reads(device->major, device->minor, 777);
    if (!limit)
        GTEST_SKIP() << limit.error().message;
    const auto findings = judge_surroundings(files, disk->path(), {.is_device = true});
    ASSERT_THAT(ids_of(findings), ElementsAre("memory_backed", "cgroup_io_limit"));
    EXPECT_THAT(findings[1].message, HasSubstr(device->name + " to 777 reads/s"));
}

}  // namespace
}  // namespace assay::storage
