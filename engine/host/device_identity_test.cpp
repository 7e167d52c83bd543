#include "engine/host/device_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace assay::host {
namespace {

using Kind = DeviceIdentity::Kind;

/// A sysfs made for one test.
class Disks {
  public:
    Disks() {
        std::string folder = testing::TempDir() + "assay_disks_XXXXXX";
        EXPECT_NE(mkdtemp(folder.data()), nullptr);
        root_ = folder;
    }
    Disks(const Disks&) = delete;
    ~Disks() { std::filesystem::remove_all(root_); }

    void add(const std::string& name, const std::string& number) {
        put(name, "dev", number);
        put(name, "size", "2048");
        for (const std::string& place : {"sys/dev/block/" + number, "sys/class/block/" + name}) {
            std::filesystem::create_directories((root_ / place).parent_path());
            std::filesystem::create_symlink("../../devices/" + name, root_ / place);
        }
    }
    void put(const std::string& disk, const std::string& file, const std::string& text) {
        const std::filesystem::path path = root_ / "sys/devices" / disk / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text << "\n";
    }
    DeviceIdentity identity(unsigned major, unsigned minor) const {
        const Files files(root_);
        const auto device = device_of_number(files, major, minor);
        EXPECT_TRUE(device) << device.error().message;
        return device ? identity_of(files, *device) : DeviceIdentity{};
    }

  private:
    std::filesystem::path root_;
};

TEST(DeviceIdentity, is_the_serial_number_where_no_other_disk_has_it) {
    Disks disks;
    disks.add("vda", "254:0");
    disks.add("vdb", "254:16");
    disks.put("vda", "serial", "vol-1");
    disks.put("vdb", "serial", "vol-2");
    EXPECT_EQ(disks.identity(254, 0).text, "vol-1");
    EXPECT_EQ(disks.identity(254, 16).text, "vol-2");
    EXPECT_EQ(disks.identity(254, 0).kind, Kind::serial);
}

TEST(DeviceIdentity, of_namespaces_of_one_controller_is_the_world_wide_name) {
    Disks disks;
    for (const auto& [name, number, wwid] :
         {std::tuple{"nvme0n1", "259:0", "eui.1"}, std::tuple{"nvme0n2", "259:1", "eui.2"}}) {
        disks.add(name, number);
        disks.put(name, "device/serial", "S64");  // the controller's
        disks.put(name, "wwid", wwid);
    }
    EXPECT_EQ(disks.identity(259, 0).text, "eui.1");
    EXPECT_EQ(disks.identity(259, 1).text, "eui.2");
    EXPECT_EQ(disks.identity(259, 1).kind, Kind::world_wide);
}

TEST(DeviceIdentity, of_a_volume_is_its_uuid_and_of_the_nameless_their_number_and_size) {
    Disks disks;
    disks.add("dm-0", "253:0");
    disks.put("dm-0", "dm/uuid", "LVM-abc");
    disks.add("loop0", "7:0");
    EXPECT_EQ(disks.identity(253, 0).text, "LVM-abc");
    EXPECT_EQ(disks.identity(253, 0).kind, Kind::volume);
    EXPECT_EQ(disks.identity(7, 0).text, "no-serial:7:0:1048576");
    EXPECT_EQ(disks.identity(7, 0).kind, Kind::stand_in);
}

TEST(DeviceIdentity, that_two_paths_to_one_disk_share_names_neither) {
    Disks disks;
    for (const auto& [name, number] : {std::pair{"sda", "8:0"}, std::pair{"sdb", "8:16"}}) {
        disks.add(name, number);
        disks.put(name, "serial", "Z1");
        disks.put(name, "device/wwid", "naa.600");
    }
    EXPECT_EQ(disks.identity(8, 0).text, "no-serial:8:0:1048576");
    EXPECT_EQ(disks.identity(8, 16).text, "no-serial:8:16:1048576");
}

}  // namespace
}  // namespace assay::host
