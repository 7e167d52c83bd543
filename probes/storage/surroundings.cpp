#include "probes/storage/surroundings.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "engine/host/block_device.h"
#include "engine/host/cgroup_io.h"
#include "engine/host/device_health.h"
#include "probes/storage/number_text.h"

namespace assay::storage {
namespace {

using host::BlockDevice;
using host::Files;
using host::Mount;

constexpr double kFullShare = 0.9;

std::string place_of(const Mount& mount) {
    return mount.point + " (" + mount.filesystem + ")";
}

/// A mount option by which a filesystem compresses. An empty option: the filesystem may, and its
/// mount does not say.
struct Compression {
    std::string_view filesystem, option;
};
constexpr std::array kCompressions{
    Compression{"btrfs", "compress"},  // btrfs(5)
    Compression{"btrfs", "compress-force"},
    Compression{"f2fs", "compress_algorithm"},  // of the files that ask for it
    Compression{"bcachefs", "compression"},
    Compression{"zfs", ""},  // a property of the dataset, on by default
};

std::optional<Finding> judge_compression(const Mount& mount) {
    for (const Compression& row : kCompressions) {
        if (mount.filesystem != row.filesystem)
            continue;
        if (row.option.empty())
            return make_finding("transparent_compression",
                                place_of(mount) + " may compress; its mount does not say");
        const auto value = host::option_value(mount, row.option);
        if (value && *value != "no" && *value != "none")
            return make_finding("transparent_compression",
                                place_of(mount) + " is mounted with " + std::string(row.option) +
                                    (value->empty() ? "" : "=" + *value));
    }
    return std::nullopt;
}

// fuseblk is missing on purpose: it serves a local disk.
constexpr std::array<std::string_view, 15> kRemote{
    "nfs", "nfs4", "cifs",   "smb3",   "smbfs",    "9p",   "virtiofs", "ceph",
    "afs", "fuse", "lustre", "beegfs", "orangefs", "gpfs", "coda"};

std::optional<Finding> judge_remote(const Mount& mount) {
    const std::string& name = mount.filesystem;
    if (!name.starts_with("fuse.") &&
        std::find(kRemote.begin(), kRemote.end(), name) == kRemote.end())
        return std::nullopt;
    return make_finding("remote_filesystem",
                        place_of(mount) + " is served by " +
                            (mount.source.empty() ? "an unnamed source" : mount.source));
}

// barrier=none is reiserfs's, fsync_mode f2fs's, volatile overlay's way to say the same.
constexpr std::array<std::string_view, 6> kUnsafe{
    "nobarrier", "barrier=0", "barrier=off", "barrier=none", "fsync_mode=nobarrier", "volatile"};

std::optional<Finding> judge_barriers(const Mount& mount) {
    for (const std::string_view option : kUnsafe)
        if (host::has_option(mount, option))
            return make_finding("barriers_off",
                                place_of(mount) + " is mounted with " + std::string(option));
    return std::nullopt;
}

std::optional<Finding> judge_memory(const Files& files, const BlockDevice& layer) {
    const auto reason = host::memory_of(files, layer);
    return reason ? std::optional(make_finding("memory_backed", *reason)) : std::nullopt;
}

std::optional<Finding> judge_raid(const Files& files, const BlockDevice& layer) {
    const auto state = host::read_raid_state(files, layer);
    if (!state)
        return std::nullopt;
    const bool is_busy = state->activity && !state->activity->empty() &&
                         *state->activity != "idle" && *state->activity != "frozen";
    const std::uint64_t missing = state->missing_disks.value_or(0);
    if (missing == 0 && !is_busy)
        return std::nullopt;
    std::string message = layer.name;
    if (missing != 0)
        message += " lacks " + std::to_string(missing) + (missing == 1 ? " disk" : " disks");
    if (is_busy)
        message += std::string(missing != 0 ? " and" : "") + " is busy with: " + *state->activity;
    return make_finding("raid_degraded", message);
}

std::optional<Finding> judge_heat(const Files& files, const BlockDevice& layer) {
    const auto temperature = host::read_device_temperature(files, layer);
    if (!temperature || !temperature->is_hot())
        return std::nullopt;
    const double limit =
        temperature->most_celsius
            ? std::min(*temperature->most_celsius,
                       temperature->critical_celsius.value_or(*temperature->most_celsius))
            : *temperature->critical_celsius;
    return make_finding("device_hot", layer.name + " is at " + number_text(temperature->celsius) +
                                          " degrees Celsius; its limit is " + number_text(limit));
}

std::vector<Finding> judge_limits(const Files& files, const std::vector<BlockDevice>& layers) {
    std::vector<host::DeviceNumber> disks;
    for (const BlockDevice& layer : layers)
        if (!layer.is_partition)
            disks.push_back({layer.major, layer.minor});
    std::vector<Finding> findings;
    for (const host::IoLimit& limit : host::read_io_limits(files, disks)) {
        const auto named = std::find_if(layers.begin(), layers.end(), [&](const auto& layer) {
            return host::DeviceNumber{layer.major, layer.minor} == limit.device;
        });
        findings.push_back(make_finding(
            "cgroup_io_limit", "control group " + limit.group + " limits " +
                                   (named == layers.end() ? "the device" : named->name) + " to " +
                                   std::to_string(limit.per_second) + " " +
                                   std::string(name_of(limit.kind))));
    }
    return findings;
}

void add(std::vector<Finding>& findings, std::optional<Finding> finding) {
    if (finding)
        findings.push_back(std::move(*finding));
}

}  // namespace

std::vector<Finding> judge_mount(const Mount& mount) {
    std::vector<Finding> findings;
    if (host::is_memory_filesystem(mount))
        findings.push_back(make_finding("memory_backed", place_of(mount) + " is memory"));
    add(findings, judge_compression(mount));
    add(findings, judge_remote(mount));
    add(findings, judge_barriers(mount));
    return findings;
}

std::optional<Finding> judge_fill(const TargetFacts& facts) {
    if (!facts.free_bytes || !facts.total_bytes || *facts.total_bytes == 0 ||
        *facts.free_bytes > *facts.total_bytes)
        return std::nullopt;
    const double used =
        1 - static_cast<double>(*facts.free_bytes) / static_cast<double>(*facts.total_bytes);
    if (used <= kFullShare)
        return std::nullopt;
    return make_finding("nearly_full", percent_text(used) + " of " +
                                           std::to_string(*facts.total_bytes) + " B is used");
}

std::vector<Finding> judge_surroundings(const Files& files, std::string_view path,
                                        const TargetFacts& facts) {
    std::vector<Finding> findings;
    if (!facts.is_device) {
        if (const auto mount = host::mount_of_path(files, path))
            findings = judge_mount(*mount);
        add(findings, judge_fill(facts));
    }
    const auto device = host::device_of_path(files, path);
    if (!device)
        return findings;
    const std::vector<BlockDevice> layers = host::layers_of(files, *device);
    for (const BlockDevice& layer : layers) {
        if (layer.is_partition)
            continue;  // its disk is a layer too
        add(findings, judge_memory(files, layer));
        add(findings, judge_raid(files, layer));
        add(findings, judge_heat(files, layer));
    }
    std::vector<Finding> limits = judge_limits(files, layers);
    std::move(limits.begin(), limits.end(), std::back_inserter(findings));
    return findings;
}

}  // namespace assay::storage
