#include <filesystem>

#include "engine/host/block_device.h"
#include "engine/host/environment_sections.h"

namespace assay::host {
namespace {

Value facts_of(const BlockDevice& device) {
    return Value::Object{
        {"name", device.name},
        {"major_minor", std::to_string(device.major) + ":" + std::to_string(device.minor)},
        {"is_partition", device.is_partition},
        {"disk_name", device.disk_name},
        {"model", device.model},
        {"firmware", device.firmware},
        {"serial_sha256", hashed(device.serial)},
        {"rotational_claim", device.rotational},
        {"size_bytes", device.size_bytes},
        {"read_only", device.read_only},
        {"logical_block_bytes", device.logical_block_bytes},
        {"physical_block_bytes", device.physical_block_bytes},
        {"scheduler", device.scheduler},
        {"nr_requests", device.nr_requests},
        {"write_cache", device.write_cache},
        {"write_back_throttling_us", device.write_back_throttling_us},
        {"nomerges", device.nomerges},
        {"max_sectors_kib", device.max_sectors_kib},
        {"io_poll", device.io_poll},
        {"loop_backing_file", device.loop_backing_file},
    };
}

// The path that is asked for, absolute. An empty one is the working folder, which a fixture tree
// has not.
std::string place_of(const Files& files, const std::string& path) {
    if (!is_live(files))
        return path.empty() ? "/" : path;
    std::error_code error;
    const std::filesystem::path full =
        std::filesystem::absolute(path.empty() ? "." : path, error).lexically_normal();
    return error ? path : full.string();
}

// A device itself lies on the filesystem of /dev, which says nothing of where it is measured.
std::optional<Mount> mount_of_place(const Files& files, const std::string& place) {
    return place.starts_with("/dev/") && !place.starts_with("/dev/shm")
               ? std::nullopt
               : mount_of_path(files, place);
}

}  // namespace

Value storage_section(const Files& files, const std::string& path) {
    const std::string place = place_of(files, path);
    const std::optional<Mount> mount = mount_of_place(files, place);
    const auto fact = [&](auto member) { return mount ? Value((*mount).*member) : Value(); };
    const Expected<BlockDevice> device = device_of_path(files, place);
    Value device_facts, disk_facts;
    if (device) {
        device_facts = facts_of(*device);
        Value::List disks;
        for (const BlockDevice& disk : leaf_disks(files, *device))
            disks.push_back(facts_of(disk));
        disk_facts = std::move(disks);
    }
    return Value::Object{
        {"path", place},
        {"filesystem", fact(&Mount::filesystem)},
        {"mount_point", fact(&Mount::point)},
        {"mount_source", fact(&Mount::source)},
        {"mount_options", fact(&Mount::options)},
        {"filesystem_options", fact(&Mount::super_options)},
        {"device", device_facts},
        {"device_unknown_because", device ? Value() : Value(device.error().message)},
        {"disks", disk_facts},
    };
}

}  // namespace assay::host
