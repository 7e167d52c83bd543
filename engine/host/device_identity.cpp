#include "engine/host/device_identity.h"

#include <optional>

#include "engine/host/parse.h"

namespace assay::host {
namespace {

bool is_shared(const Files& files, const BlockDevice& device,
               std::optional<std::string> BlockDevice::*identity) {
    for (const std::string& name : files.list("sys/class/block")) {
        const auto number =
            device_number_of(files.read_line("sys/class/block/" + name + "/dev").value_or(""));
        const auto other = number ? device_of_number(files, number->major, number->minor)
                                  : failure(ErrorKind::not_found, name);
        const bool is_same_disk = other && other->disk_major == device.disk_major &&
                                  other->disk_minor == device.disk_minor;
        if (other && !is_same_disk && (*other).*identity == device.*identity)
            return true;
    }
    return false;
}

}  // namespace

DeviceIdentity identity_of(const Files& files, const BlockDevice& device) {
    using Kind = DeviceIdentity::Kind;
    if (device.serial && !is_shared(files, device, &BlockDevice::serial))
        return {Kind::serial, *device.serial};
    if (device.wwid && !is_shared(files, device, &BlockDevice::wwid))
        return {Kind::world_wide, *device.wwid};
    const std::string number =
        std::to_string(device.disk_major) + ":" + std::to_string(device.disk_minor);
    const auto uuid = files.read_line("sys/dev/block/" + number + "/dm/uuid");
    if (uuid && !uuid->empty())
        return {Kind::volume, *uuid};
    return {Kind::stand_in, "no-serial:" + std::to_string(device.major) + ":" +
                                std::to_string(device.minor) + ":" +
                                std::to_string(device.size_bytes.value_or(0))};
}

}  // namespace assay::host
