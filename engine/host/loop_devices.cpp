#include "engine/host/loop_devices.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <utility>

#include "engine/host/block_device.h"
#include "engine/host/mounts.h"

namespace assay::host {
namespace {

void ask_driver(LoopDeviceFile& loop) {
    const std::string node = "/dev/" + loop.name;
    const int device = open(node.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (device < 0)
        return;
    struct stat facts {};
    loop_info64 info{};
    const bool answered = fstat(device, &facts) == 0 && S_ISBLK(facts.st_mode) &&
                          DeviceNumber{major(facts.st_rdev), minor(facts.st_rdev)} == loop.number &&
                          ioctl(device, LOOP_GET_STATUS64, &info) == 0;
    close(device);  // nothing was written, so nothing can be lost
    if (!answered)
        return;
    loop.backing_inode = {info.lo_device, info.lo_inode};
    if (info.lo_rdevice != 0)
        loop.backing_device = DeviceNumber{major(info.lo_rdevice), minor(info.lo_rdevice)};
}

}  // namespace

bool share_backing(const LoopDeviceFile& one, const LoopDeviceFile& other) {
    if (one.backing_device && other.backing_device)
        return one.backing_device == other.backing_device;
    if (one.backing_inode && other.backing_inode)
        return one.backing_inode == other.backing_inode;
    return one.backing_file == other.backing_file;
}

std::vector<LoopDeviceFile> read_loop_devices(const Files& files) {
    std::vector<LoopDeviceFile> loops;
    const std::string folder = "sys/class/block/";
    for (const std::string& name : files.list(folder)) {
        if (!name.starts_with("loop"))
            continue;
        const auto backing_file = files.read_line(folder + name + "/loop/backing_file");
        const auto number = device_number_of(files.read_line(folder + name + "/dev").value_or(""));
        if (!backing_file || !number)
            continue;
        LoopDeviceFile loop{*number, name, *backing_file, {}, {}};
        loop.backing_device = number_of_node(files, *backing_file);
        if (is_live(files))
            ask_driver(loop);
        loops.push_back(std::move(loop));
    }
    return loops;
}

}  // namespace assay::host
