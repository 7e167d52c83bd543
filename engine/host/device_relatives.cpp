#include "engine/host/device_relatives.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace assay::host {
namespace {

// Stacks of loop devices over loop devices are a few layers deep.
constexpr int kDeepestStack = 16;

DeviceNumber number_of(const BlockDevice& device) {
    return {device.major, device.minor};
}

std::string folder_of(DeviceNumber number) {
    return "sys/dev/block/" + std::to_string(number.major) + ":" + std::to_string(number.minor);
}

struct SectorRange {
    std::int64_t first = 0, count = 0;
};

std::optional<SectorRange> range_of(const Files& files, const BlockDevice& partition) {
    const std::string folder = folder_of(number_of(partition));
    const auto first = files.read_integer(folder + "/start");
    const auto count = files.read_integer(folder + "/size");
    if (!first || !count || *first < 0 || *count < 0)
        return std::nullopt;
    return SectorRange{*first, *count};
}

// What is not known to be apart, overlaps.
bool overlap(const Files& files, const BlockDevice& one, const BlockDevice& other) {
    const auto a = range_of(files, one);
    const auto b = range_of(files, other);
    return !a || !b || (a->first < b->first + b->count && b->first < a->first + a->count);
}

bool same_disk(const BlockDevice& one, const BlockDevice& other) {
    if (one.wwid && other.wwid)
        return one.wwid == other.wwid;
    return one.serial && one.serial == other.serial && one.model == other.model;
}

class Family {
  public:
    Family(const Files& files, const std::vector<LoopDeviceFile>& loops)
        : files_(files), loops_(loops) {}

    void add_stack(const BlockDevice& device, int depth) {
        add_parts(device);
        add_whole_disk(device);
        if (!device.is_loop)
            add_other_paths(device);
        else if (depth < kDeepestStack)
            add_backing(device, depth);
    }

    bool add(const BlockDevice& device, std::string subject) {
        for (const Relative& known : found_)
            if (number_of(known.device) == number_of(device))
                return false;
        found_.push_back({device, std::move(subject)});
        return true;
    }

    std::vector<Relative> take() { return std::move(found_); }

  private:
    void add_parts(const BlockDevice& device) {
        for (const BlockDevice& partition : partitions_of(files_, device))
            add(partition, partition.name + ", a partition of " + device.name + ",");
    }

    void add_whole_disk(const BlockDevice& device) {
        if (!device.is_partition)
            return;
        const auto disk = device_of_number(files_, device.disk_major, device.disk_minor);
        if (!disk)
            return;
        add(*disk, disk->name + ", the whole disk of " + device.name + ",");
        for (const BlockDevice& sibling : partitions_of(files_, *disk))
            if (number_of(sibling) != number_of(device) && overlap(files_, sibling, device))
                add(sibling, sibling.name + ", which overlaps " + device.name + ",");
    }

    // Paths that no multipath driver has joined look like disks of their own.
    void add_other_paths(const BlockDevice& device) {
        const std::vector<BlockDevice> leaves = leaf_disks(files_, device);
        const auto is_leaf = [&](const BlockDevice& disk) {
            return std::any_of(leaves.begin(), leaves.end(), [&](const BlockDevice& leaf) {
                return number_of(leaf) == number_of(disk);
            });
        };
        for (const std::string& name : files_.list("sys/class/block")) {
            const auto number =
                device_number_of(files_.read_line("sys/class/block/" + name + "/dev").value_or(""));
            if (!number || files_.exists("sys/class/block/" + name + "/partition"))
                continue;
            const auto disk = device_of_number(files_, number->major, number->minor);
            if (!disk || disk->is_mapped || disk->is_raid || is_leaf(*disk))
                continue;
            for (const BlockDevice& leaf : leaves)
                if (same_disk(*disk, leaf) &&
                    add(*disk, disk->name + ", another path to the disk " + leaf.name + ","))
                    add_parts(*disk);
        }
    }

    void add_backing(const BlockDevice& device, int depth) {
        const DeviceNumber disk{device.disk_major, device.disk_minor};
        const auto own =
            std::find_if(loops_.begin(), loops_.end(),
                         [&](const LoopDeviceFile& loop) { return loop.number == disk; });
        if (own == loops_.end())
            return;
        for (const LoopDeviceFile& loop : loops_) {
            if (loop.number == disk || !share_backing(*own, loop))
                continue;
            const auto other = device_of_number(files_, loop.number.major, loop.number.minor);
            if (other &&
                add(*other, loop.name + ", which stands on the same file as " + device.name + ","))
                add_parts(*other);
        }
        if (!own->backing_device)
            return;
        const auto below =
            device_of_number(files_, own->backing_device->major, own->backing_device->minor);
        if (below && add(*below, below->name + ", on which " + device.name + " stands,"))
            add_stack(*below, depth + 1);
    }

    const Files& files_;
    const std::vector<LoopDeviceFile>& loops_;
    std::vector<Relative> found_;
};

}  // namespace

std::vector<Relative> relatives_of(const Files& files, const BlockDevice& device,
                                   const std::vector<LoopDeviceFile>& loops) {
    Family family(files, loops);
    family.add(device, device.name);
    family.add_stack(device, 0);
    return family.take();
}

}  // namespace assay::host
