#include "engine/host/device_use.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/host/device_relatives.h"
#include "engine/host/device_writers.h"
#include "engine/host/loop_devices.h"
#include "engine/host/mount_namespaces.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

// A person reads a few; a host with a thousand mounts has no more to say.
constexpr std::size_t kMostReasons = 32;

DeviceNumber number_of(const BlockDevice& device) {
    return {device.major, device.minor};
}

std::string folder_of(DeviceNumber number) {
    return "sys/dev/block/" + std::to_string(number.major) + ":" + std::to_string(number.minor);
}

// ---- Who uses which device number, gathered once.

struct UsedDevice {
    DeviceNumber number;
    std::string how;  ///< ends a sentence: "is mounted on /data"
};

// The devices in a mount's line: its number, its source (bcachefs: several, with colons), and
// options that name one (an external log or journal, a real-time volume).
std::vector<DeviceNumber> devices_of(const Files& files, const Mount& mount) {
    std::vector<DeviceNumber> numbers{mount.device};
    const auto add = [&](std::string_view path) {
        if (const auto number = number_of_node(files, path))
            numbers.push_back(*number);
    };
    add(mount.source);
    for (const std::string_view piece : pieces_of(mount.source, ':'))
        add(piece);
    for (const std::string_view option : pieces_of(mount.super_options, ','))
        add(option.substr(option.find('=') + 1));
    return numbers;
}

void add_mounts(const Files& files, const AllMounts& all, std::vector<UsedDevice>& used) {
    for (const VisibleMount& visible : all.mounts)
        for (const DeviceNumber number : devices_of(files, visible.mount))
            used.push_back({number, "is mounted on " + visible.mount.point +
                                        (visible.where.empty() ? "" : " " + visible.where)});
}

void add_swap(const Files& files, std::vector<UsedDevice>& used,
              std::vector<std::string>& unchecked) {
    const std::string swaps = files.read("proc/swaps").value_or("");
    for (const std::string_view line : lines_of(swaps)) {
        const std::vector<std::string_view> words = words_of(line);
        if (words.size() < 2 || words[1] != "partition")
            continue;
        if (const auto number = number_of_node(files, words[0]))
            used.push_back({*number, "is used as swap"});
        else
            unchecked.push_back("which device the swap space " + std::string(words[0]) +
                                " lies on cannot be told from here");
    }
}

void add_btrfs(const Files& files, std::vector<UsedDevice>& used) {
    const std::string folder = "sys/fs/btrfs/";
    for (const std::string& id : files.list(folder))
        for (const std::string& name : files.list(folder + id + "/devices"))
            for (const std::string& place :
                 {folder + id + "/devices/" + name, "sys/class/block/" + name})
                if (const auto number =
                        device_number_of(files.read_line(place + "/dev").value_or(""))) {
                    used.push_back({*number, "is a device of the mounted btrfs " + id});
                    break;
                }
}

void add_loops(const std::vector<LoopDeviceFile>& loops, DeviceNumber except,
               std::vector<UsedDevice>& used) {
    for (const LoopDeviceFile& loop : loops)
        if (loop.backing_device && loop.number != except)
            used.push_back({*loop.backing_device, "is what " + loop.name + " stands on"});
}

void add_writers(const Files& files, std::vector<UsedDevice>& used,
                 std::vector<std::string>& unchecked) {
    const DeviceWriters found = read_device_writers(files);
    for (const DeviceWriter& writer : found.writers)
        used.push_back(
            {writer.number, "is open for writing in process " + std::to_string(writer.process) +
                                (writer.program.empty() ? "" : " (" + writer.program + ")")});
    unchecked.insert(unchecked.end(), found.unchecked.begin(), found.unchecked.end());
}

// The kernel's NVMe target opens what it exports without a claim and without a process.
void add_exports(const Files& files, std::vector<UsedDevice>& used,
                 std::vector<std::string>& unchecked) {
    const std::string subsystems = "sys/kernel/config/nvmet/subsystems/";
    for (const std::string& subsystem : files.list(subsystems)) {
        const std::string namespaces = subsystems + subsystem + "/namespaces/";
        for (const std::string& id : files.list(namespaces)) {
            const auto path = files.read_line(namespaces + id + "/device_path");
            if (!path || !path->starts_with("/dev/"))
                continue;
            if (const auto number = number_of_node(files, *path))
                used.push_back(
                    {*number, "is exported as NVMe namespace " + id + " of " + subsystem});
            else
                unchecked.push_back("which device " + subsystem + " exports as " + *path +
                                    " cannot be told from here");
        }
    }
}

// ---- What the device's own folder says.

std::string describe_holder(const Files& files, const std::string& folder,
                            const std::string& holder) {
    const std::string place = folder + "/holders/" + holder;
    const std::string uuid = files.read_line(place + "/dm/uuid").value_or("");
    const std::string name = files.read_line(place + "/dm/name").value_or("");
    const std::string label = name.empty() ? holder : name + " (" + holder + ")";
    if (uuid.starts_with("LVM-"))
        return "is a physical volume under the LVM volume " + label;
    if (uuid.starts_with("mpath-"))
        return "is a path of the multipath device " + label;
    if (uuid.starts_with("CRYPT-"))
        return "holds the opened encrypted volume " + label;
    if (files.exists(place + "/md") || holder.starts_with("md"))
        return "is a member of the array " + label;
    if (!name.empty() || holder.starts_with("dm-"))
        return "is held by the device mapper's " + label;
    return "is held by " + label;
}

std::vector<std::string> uses_of_folder(const Files& files, DeviceNumber number) {
    const std::string folder = folder_of(number);
    std::vector<std::string> uses;
    for (const std::string& holder : files.list(folder + "/holders"))
        uses.push_back(describe_holder(files, folder, holder));
    if (files.exists(folder + "/bcache"))
        uses.emplace_back("belongs to a bcache");
    return uses;
}

// Volumes that LVM and Stratis keep for themselves; libblkid refuses to look into them.
bool is_internal_volume(std::string_view uuid) {
    constexpr std::string_view kLvm = "LVM-";
    return (uuid.starts_with(kLvm) && uuid.find('-', kLvm.size()) != std::string_view::npos) ||
           uuid.starts_with("stratis-1-private");
}

std::vector<std::string> obstacles_of(const Files& files, const BlockDevice& device) {
    std::vector<std::string> obstacles;
    const std::string uuid =
        files.read_line(folder_of(number_of(device)) + "/dm/uuid").value_or("");
    if (is_internal_volume(uuid))
        obstacles.emplace_back("is an internal part of a volume manager");
    if (device.read_only.value_or(false))
        obstacles.emplace_back("is write-protected");
    std::string names;
    for (const BlockDevice& partition : partitions_of(files, device))
        names += (names.empty() ? "" : ", ") + partition.name;
    if (!names.empty())
        obstacles.push_back("is divided into partitions (" + names + ")");
    return obstacles;
}

}  // namespace

DeviceUse use_of(const Files& files, const BlockDevice& device) {
    DeviceUse use;
    const auto say = [&](const std::string& sentence) {
        if (use.reasons.size() < kMostReasons &&
            std::find(use.reasons.begin(), use.reasons.end(), sentence) == use.reasons.end())
            use.reasons.push_back(sentence);
    };
    AllMounts mounts = read_all_mounts(files);
    use.unchecked = std::move(mounts.unchecked);
    if (!mounts.own_are_known)
        say(device.name + " may be mounted: the kernel's table of mounts cannot be read");
    const std::vector<LoopDeviceFile> loops = read_loop_devices(files);
    std::vector<UsedDevice> used;
    add_mounts(files, mounts, used);
    add_swap(files, used, use.unchecked);
    add_btrfs(files, used);
    add_writers(files, used, use.unchecked);
    add_exports(files, used, use.unchecked);
    add_loops(loops, {device.disk_major, device.disk_minor}, used);

    for (const Relative& relative : relatives_of(files, device, loops)) {
        for (const UsedDevice& one : used)
            if (one.number == number_of(relative.device))
                say(relative.subject + " " + one.how);
        for (const std::string& how : uses_of_folder(files, number_of(relative.device)))
            say(relative.subject + " " + how);
    }
    for (const std::string& obstacle : obstacles_of(files, device))
        say(device.name + " " + obstacle);
    return use;
}

}  // namespace assay::host
