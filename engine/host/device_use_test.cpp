#include "engine/host/device_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/host/fixture_trees.h"
#include "engine/host/mount_namespaces.h"

namespace assay::host {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A proc and sys made for one test: two SATA disks, sda (8:0) with sda1 and sda2, and sdb (8:16).
class Machine {
  public:
    Machine() {
        std::string folder = testing::TempDir() + "assay_device_use_XXXXXX";
        EXPECT_NE(mkdtemp(folder.data()), nullptr);
        root_ = folder;
        link("proc/self", "500");
        put("proc/500/mountinfo", "20 1 0:25 / / rw - tmpfs tmpfs rw\n");
        add_disk("sda", "8:0");
        add_partition("sda", "sda1", "8:1", 2048, 1000);
        add_partition("sda", "sda2", "8:2", 4096, 1000);
        add_disk("sdb", "8:16");
    }
    Machine(const Machine&) = delete;
    ~Machine() { std::filesystem::remove_all(root_); }

    void put(const std::string& path, const std::string& text) {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text;
    }
    void link(const std::string& path, const std::string& target) {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::filesystem::create_symlink(target, root_ / path);
    }
    void add_disk(const std::string& name, const std::string& number) {
        add_node("sys/devices/disks/" + name, name, number);
    }
    void add_partition(const std::string& disk, const std::string& name, const std::string& number,
                       int start, int sectors) {
        const std::string folder = "sys/devices/disks/" + disk + "/" + name;
        add_node(folder, name, number);
        put(folder + "/partition", "1\n");
        put(folder + "/start", std::to_string(start) + "\n");
        put(folder + "/size", std::to_string(sectors) + "\n");
    }
    void mounted(const std::string& line) {
        put("proc/500/mountinfo", "20 1 0:25 / / rw - tmpfs tmpfs rw\n" + line + "\n");
    }
    Files files() const { return Files(root_); }
    DeviceUse use(unsigned major_number, unsigned minor_number) const {
        const auto device = device_of_number(files(), major_number, minor_number);
        EXPECT_TRUE(device) << device.error().message;
        return device ? use_of(files(), *device) : DeviceUse{};
    }
    std::vector<std::string> reasons(unsigned major_number, unsigned minor_number) const {
        return use(major_number, minor_number).reasons;
    }

  private:
    void add_node(const std::string& folder, const std::string& name, const std::string& number) {
        put(folder + "/dev", number + "\n");
        put(folder + "/size", "200000\n");
        link("sys/dev/block/" + number, std::filesystem::path("../..") / folder.substr(4));
        link("sys/class/block/" + name, std::filesystem::path("../..") / folder.substr(4));
    }
    std::filesystem::path root_;
};

TEST(DeviceUse, of_a_free_disk_or_partition_is_nothing) {
    const Machine machine;
    EXPECT_THAT(machine.reasons(8, 16), IsEmpty());
    EXPECT_THAT(machine.reasons(8, 1), IsEmpty());
    EXPECT_THAT(machine.use(8, 16).unchecked, IsEmpty());
}

TEST(DeviceUse, partitions_alone_speak_against_a_whole_disk) {
    const Machine machine;
    EXPECT_THAT(machine.reasons(8, 0), ElementsAre("sda is divided into partitions (sda1, sda2)"));
}

TEST(DeviceUse, a_mount_counts_for_the_partition_and_its_disk_and_not_for_its_neighbour) {
    Machine machine;
    machine.mounted("21 20 8:1 / /data rw - ext4 /dev/sda1 rw");
    EXPECT_THAT(machine.reasons(8, 1), ElementsAre("sda1 is mounted on /data"));
    EXPECT_THAT(machine.reasons(8, 0), Contains("sda1, a partition of sda, is mounted on /data"));
    EXPECT_THAT(machine.reasons(8, 2), IsEmpty());
    EXPECT_THAT(machine.reasons(8, 16), IsEmpty());
}

TEST(DeviceUse, a_mount_of_the_whole_disk_counts_for_its_partitions) {
    Machine machine;
    machine.mounted("21 20 8:0 / /data rw - ext4 /dev/sda rw");
    EXPECT_THAT(machine.reasons(8, 2),
                ElementsAre("sda, the whole disk of sda2, is mounted on /data"));
}

TEST(DeviceUse, partitions_that_overlap_are_one_anothers_business) {
    Machine machine;
    machine.add_partition("sda", "sda3", "8:3", 2900, 1300);  // ends inside of sda2
    machine.mounted("21 20 8:3 / /data rw - ext4 /dev/sda3 rw");
    const auto overlapping = [](const std::string& name) {
        return "sda3, which overlaps " + name + ", is mounted on /data";
    };
    EXPECT_THAT(machine.reasons(8, 1), ElementsAre(overlapping("sda1")));
    EXPECT_THAT(machine.reasons(8, 2), ElementsAre(overlapping("sda2")));
}

TEST(DeviceUse, a_mount_is_known_by_its_source_where_its_number_is_anonymous) {
    Machine machine;
    machine.link("dev/disk/by-id/wwn-1", "../../sdb");
    for (const std::string source : {"/dev/sdb", "/dev/disk/by-id/wwn-1", "/dev/sda1:/dev/sdb"}) {
        machine.mounted("21 20 0:40 / /pool rw - bcachefs " + source + " rw");
        EXPECT_THAT(machine.reasons(8, 16), ElementsAre("sdb is mounted on /pool")) << source;
    }
}

TEST(DeviceUse, an_external_log_belongs_to_the_mount) {
    Machine machine;
    machine.mounted("21 20 8:1 / /data rw - xfs /dev/sda1 rw,logdev=/dev/sdb,noquota");
    EXPECT_THAT(machine.reasons(8, 16), ElementsAre("sdb is mounted on /data"));
}

TEST(DeviceUse, mounts_of_other_namespaces_count_and_each_namespace_once) {
    Machine machine;
    const std::string elsewhere = "21 20 8:16 / /secret rw - ext4 /dev/sdb rw\n";
    machine.link("proc/500/ns/mnt", "mnt:[1]");
    for (const std::string id : {"700", "701", "702"}) {
        machine.put("proc/" + id + "/mountinfo", elsewhere);
        machine.link("proc/" + id + "/ns/mnt", "mnt:[2]");
    }
    EXPECT_THAT(machine.reasons(8, 16),
                ElementsAre("sdb is mounted on /secret in the mount namespace of process 700"));
    EXPECT_EQ(read_all_mounts(machine.files()).mounts.size(), 2u);
}

TEST(DeviceUse, what_could_not_be_looked_at_is_said) {
    Machine machine;
    machine.put("proc/800/stat", "800 (some) program) S 1 2 3\n");  // alive, and its mounts hidden
    machine.put("proc/801/stat", "801 (gone) Z 1 2 3\n");           // a zombie has none
    machine.put("proc/swaps", "Filename Type Size Used Priority\n/dev/gone partition 8 0 -2\n");
    machine.link("proc/500/ns/pid", "pid:[4026532000]");
    const DeviceUse use = machine.use(8, 16);
    EXPECT_THAT(use.reasons, IsEmpty());
    EXPECT_THAT(use.unchecked,
                ElementsAre("the mounts of 1 processes could not be read", HasSubstr("container"),
                            HasSubstr("the swap space /dev/gone")));
}

TEST(DeviceUse, without_a_table_of_mounts_no_device_is_free) {
    Machine machine;
    std::filesystem::remove(machine.files().absolute("proc/self/mountinfo"));
    EXPECT_THAT(machine.reasons(8, 16), ElementsAre(HasSubstr("cannot be read")));
}

TEST(DeviceUse, swap_on_a_partition_and_through_a_link) {
    Machine machine;
    machine.link("dev/swap", "sdb");
    machine.put("proc/swaps",
                "Filename Type Size Used Priority\n"
                "/dev/sda2 partition 8 0 -2\n/dev/swap partition 8 0 -3\n/data/file file 8 0 -4\n");
    EXPECT_THAT(machine.reasons(8, 2), ElementsAre("sda2 is used as swap"));
    EXPECT_THAT(machine.reasons(8, 0), Contains("sda2, a partition of sda, is used as swap"));
    EXPECT_THAT(machine.reasons(8, 16), ElementsAre("sdb is used as swap"));
}

TEST(DeviceUse, holders_are_called_what_they_are) {
    for (const auto& [holder, uuid, name, sentence] :
         {std::tuple{"dm-0", "LVM-abc", "vg0-root",
                     "sdb is a physical volume under the LVM volume vg0-root (dm-0)"},
          std::tuple{"dm-1", "CRYPT-LUKS2-abc", "safe",
                     "sdb holds the opened encrypted volume safe (dm-1)"},
          std::tuple{"dm-2", "mpath-3600", "mpatha",
                     "sdb is a path of the multipath device mpatha (dm-2)"},
          std::tuple{"dm-3", "", "", "sdb is held by the device mapper's dm-3"},
          std::tuple{"md127", "", "", "sdb is a member of the array md127"},
          std::tuple{"bcache0", "", "", "sdb is held by bcache0"}}) {
        Machine machine;
        const std::string folder = std::string("sys/devices/disks/sdb/holders/") + holder;
        std::filesystem::create_directories(machine.files().absolute(folder));
        if (*name != '\0') {
            machine.put(folder + "/dm/uuid", std::string(uuid) + "\n");
            machine.put(folder + "/dm/name", std::string(name) + "\n");
        }
        EXPECT_THAT(machine.reasons(8, 16), ElementsAre(sentence));
    }
}

TEST(DeviceUse, every_device_of_a_mounted_btrfs_counts) {
    Machine machine;
    machine.mounted("21 20 0:40 / /pool rw - btrfs /dev/sda1 rw");
    for (const std::string name : {"sda1", "sdb"})
        machine.link("sys/fs/btrfs/1234-5678/devices/" + name, "../../../../class/block/" + name);
    EXPECT_THAT(machine.reasons(8, 16),
                ElementsAre("sdb is a device of the mounted btrfs 1234-5678"));
    EXPECT_THAT(
        machine.reasons(8, 1),
        ElementsAre("sda1 is mounted on /pool", "sda1 is a device of the mounted btrfs 1234-5678"));
}

TEST(DeviceUse, another_path_to_the_same_disk_counts) {
    Machine machine;
    machine.add_disk("sdc", "8:32");
    machine.add_partition("sdc", "sdc1", "8:33", 2048, 1000);
    machine.put("sys/devices/disks/sdb/device/wwid", "naa.600\n");
    machine.put("sys/devices/disks/sdc/device/wwid", "naa.600\n");
    machine.mounted("21 20 8:33 / /lun rw - xfs /dev/sdc1 rw");
    EXPECT_THAT(machine.reasons(8, 16),
                ElementsAre("sdc1, a partition of sdc, is mounted on /lun"));
    machine.put("sys/devices/disks/sdc/device/wwid", "naa.601\n");
    EXPECT_THAT(machine.reasons(8, 16), IsEmpty());
}

TEST(DeviceUse, loop_devices_over_a_device_or_the_same_file_count) {
    Machine machine;
    for (const auto& [name, number, backing] :
         {std::tuple{"loop0", "7:0", "/dev/sdb"}, std::tuple{"loop1", "7:1", "/images/a"},
          std::tuple{"loop2", "7:2", "/images/a"}}) {
        machine.add_disk(name, number);
        machine.put(std::string("sys/devices/disks/") + name + "/loop/backing_file",
                    std::string(backing) + "\n");
    }
    machine.mounted("21 20 7:2 / /a rw - ext4 /dev/loop2 rw");
    EXPECT_THAT(machine.reasons(8, 16), ElementsAre("sdb is what loop0 stands on"));
    EXPECT_THAT(machine.reasons(7, 0), IsEmpty());
    EXPECT_THAT(machine.reasons(7, 1),
                ElementsAre("loop2, which stands on the same file as loop1, is mounted on /a"));
    machine.mounted("21 20 8:16 / /b rw - ext4 /dev/sdb rw");
    EXPECT_THAT(machine.reasons(7, 0), ElementsAre("sdb, on which loop0 stands, is mounted on /b"));
}

TEST(DeviceUse, a_process_that_may_write_counts_and_one_that_only_reads_does_not) {
    Machine machine;
    const auto opened = [&](const std::string& id, const std::string& flags) {
        machine.link("proc/" + id + "/fd/7", "/dev/sdb");
        machine.put("proc/" + id + "/fdinfo/7", "pos:\t0\nflags:\t" + flags + "\nmnt_id:\t9\n");
        machine.put("proc/" + id + "/comm", "qemu\n");
        machine.put("proc/" + id + "/mountinfo", "20 1 0:25 / / rw - tmpfs tmpfs rw\n");
    };
    opened("600", "0100000");  // read only
    EXPECT_THAT(machine.reasons(8, 16), IsEmpty());
    opened("500", "0100002");  // our own
    EXPECT_THAT(machine.reasons(8, 16), IsEmpty());
    opened("601", "02140002");
    EXPECT_THAT(machine.reasons(8, 16),
                ElementsAre("sdb is open for writing in process 601 (qemu)"));
    EXPECT_THAT(machine.reasons(8, 1), IsEmpty());
    opened("602", "what?");  // not known to be harmless
    EXPECT_THAT(machine.reasons(8, 16), Contains("sdb is open for writing in process 602 (qemu)"));
}

TEST(DeviceUse, what_other_hosts_reach_over_nvme_counts) {
    Machine machine;
    const std::string namespaces = "sys/kernel/config/nvmet/subsystems/nqn.box/namespaces/";
    machine.put(namespaces + "1/device_path", "/dev/sdb\n");
    machine.put(namespaces + "2/device_path", "/images/file\n");
    machine.put(namespaces + "3/device_path", "(null)\n");
    EXPECT_THAT(machine.reasons(8, 16),
                ElementsAre("sdb is exported as NVMe namespace 1 of nqn.box"));
    EXPECT_THAT(machine.use(8, 16).unchecked, IsEmpty());
}

TEST(DeviceUse, write_protection_and_internal_volumes_speak_against_it) {
    Machine machine;
    machine.put("sys/devices/disks/sdb/ro", "1\n");
    EXPECT_THAT(machine.reasons(8, 16), ElementsAre("sdb is write-protected"));
    machine.add_disk("dm-5", "253:5");
    machine.put("sys/devices/disks/dm-5/dm/uuid", "LVM-abcdef-tdata\n");
    EXPECT_THAT(machine.reasons(253, 5),
                ElementsAre("dm-5 is an internal part of a volume manager"));
    machine.put("sys/devices/disks/dm-5/dm/uuid", "LVM-abcdef\n");
    EXPECT_THAT(machine.reasons(253, 5), IsEmpty());
}

// LVM on an array on a partition of each NVMe disk; swap, btrfs and a loop device beside it.
TEST(DeviceUse, of_every_layer_of_a_stacked_host) {
    const Files bare = fixture("bare_metal_2_nodes");
    const auto reasons = [&](unsigned major_number, unsigned minor_number) {
        const auto device = device_of_number(bare, major_number, minor_number);
        return device ? use_of(bare, *device).reasons : std::vector<std::string>{"no device"};
    };
    EXPECT_THAT(reasons(253, 0), ElementsAre("dm-0 is mounted on /"));
    EXPECT_THAT(reasons(9, 127), Contains(AllOf(HasSubstr("md127 "), HasSubstr("vg0-root"))));
    EXPECT_THAT(reasons(259, 3), Contains(HasSubstr("is a member of the array md127")));
    EXPECT_THAT(reasons(259, 4), Contains(HasSubstr("is used as swap")));
    EXPECT_THAT(reasons(259, 12), Contains(HasSubstr("is mounted on /srv/big disk")));
    EXPECT_THAT(reasons(7, 0), Contains("loop0 is mounted on /snap/tool"));
    EXPECT_THAT(reasons(8, 0), Contains("sda1, a partition of sda, is mounted on /data"));
    // This tree does not tell where partitions begin: they are not known to be apart.
    EXPECT_THAT(reasons(8, 2), ElementsAre("sda1, which overlaps sda2, is mounted on /data"));
    for (const unsigned disk : {0u, 8u})
        EXPECT_THAT(reasons(259, disk), Not(IsEmpty()));
}

TEST(DeviceUse, of_a_broken_tree_is_never_nothing) {
    const Files broken = fixture("broken");
    const auto device = device_of_number(broken, 8, 32);
    ASSERT_TRUE(device);
    const DeviceUse use = use_of(broken, *device);
    EXPECT_FALSE(use.reasons.empty() && use.unchecked.empty());
}

TEST(DeviceUseLive, of_the_disk_under_the_root_is_its_mount) {
    const auto device = device_of_path(Files(), "/");
    if (!device)
        GTEST_SKIP() << device.error().message;
    EXPECT_THAT(use_of(Files(), *device).reasons, Contains(HasSubstr("is mounted on /")));
}

}  // namespace
}  // namespace assay::host
