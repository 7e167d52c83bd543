#include "engine/host/cgroup_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_tree.h"

namespace assay::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr DeviceNumber kDisk{8, 16};
constexpr std::array kDisks{kDisk};

std::vector<IoLimit> limits_in(const test::FileTree& tree) {
    return read_io_limits(Files(tree.root()), kDisks);
}

// "a/b" is our group; "other" is nobody's ancestor.
void write_v2(const test::FileTree& tree) {
    tree.write("proc/self/cgroup", "0::/a/b\n");
    tree.write("proc/self/mountinfo",
               "26 1 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
    tree.write("sys/fs/cgroup/a/b/cgroup.procs", "");
}

TEST(CgroupIo, v2_limits_of_the_group_and_its_ancestors_are_found) {
    const test::FileTree tree;
    write_v2(tree);
    tree.write("sys/fs/cgroup/a/b/io.max", "8:16 rbps=max wbps=max riops=5000 wiops=max\n");
    tree.write("sys/fs/cgroup/a/io.max",
               "8:0 rbps=1 wbps=1 riops=1 wiops=1\n8:16 rbps=2097152 wbps=1048576 riops=max "
               "wiops=120\n");
    tree.write("sys/fs/cgroup/other/io.max", "8:16 rbps=7 wbps=7 riops=7 wiops=7\n");
    EXPECT_THAT(limits_in(tree),
                ElementsAre(IoLimit{kDisk, IoLimitKind::read_operations, 5000, "/a/b"},
                            IoLimit{kDisk, IoLimitKind::read_bytes, 2097152, "/a"},
                            IoLimit{kDisk, IoLimitKind::write_bytes, 1048576, "/a"},
                            IoLimit{kDisk, IoLimitKind::write_operations, 120, "/a"}));
}

TEST(CgroupIo, v1_limits_are_found_in_four_files) {
    const test::FileTree tree;
    tree.write("proc/self/cgroup", "4:cpu:/x\n3:blkio:/system.slice/db.service\n");
    tree.write("proc/self/mountinfo",
               "28 1 0:24 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
               "29 1 0:25 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n");
    const std::string slice = "sys/fs/cgroup/blkio/system.slice/";
    tree.write(slice + "db.service/blkio.throttle.read_bps_device", "8:16 1048576\n");
    tree.write(slice + "db.service/blkio.throttle.read_iops_device", "8:0 100\n");
    tree.write(slice + "blkio.throttle.write_bps_device", "8:0 5\n8:16 2097152\n");
    tree.write(slice + "blkio.throttle.write_iops_device", "8:16 0\n");
    tree.write("sys/fs/cgroup/blkio/blkio.throttle.read_iops_device", "8:16 300\n");
    tree.write("sys/fs/cgroup/cpu/x/blkio.throttle.read_bps_device", "8:16 1\n");
    EXPECT_THAT(
        limits_in(tree),
        ElementsAre(IoLimit{kDisk, IoLimitKind::read_bytes, 1048576, "/system.slice/db.service"},
                    IoLimit{kDisk, IoLimitKind::write_bytes, 2097152, "/system.slice"},
                    IoLimit{kDisk, IoLimitKind::read_operations, 300, "/"}));
}

TEST(CgroupIo, without_files_or_with_broken_ones_there_is_no_limit) {
    const test::FileTree tree;
    EXPECT_THAT(limits_in(tree), IsEmpty());
    write_v2(tree);
    EXPECT_THAT(limits_in(tree), IsEmpty());
    tree.write("sys/fs/cgroup/a/b/io.max",
               "8:16\n8:16 rbps= riops=12x wiops=-1\n8:16x rbps=1\nrbps=1 8:16\n\n");
    EXPECT_THAT(limits_in(tree), IsEmpty());
    tree.write("sys/fs/cgroup/a/b/io.max", "8:16 rbps=max wbps=max riops=max wiops=max\n");
    EXPECT_THAT(limits_in(tree), IsEmpty());
}

TEST(CgroupIo, kinds_have_names) {
    EXPECT_EQ(name_of(IoLimitKind::read_bytes), "B/s of reads");
    EXPECT_EQ(name_of(IoLimitKind::write_operations), "writes/s");
}

}  // namespace
}  // namespace assay::host
