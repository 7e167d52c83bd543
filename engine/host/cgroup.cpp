#include "engine/host/cgroup.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "engine/core/units.h"
#include "engine/host/counters.h"
#include "engine/host/mounts.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

// A line of proc/self/cgroup (cgroups(7)): "4:memory:/system.slice", or "0::/user.slice" for v2.
struct Membership {
    std::string controllers;  // empty = the v2 hierarchy
    std::string path;
};

struct Group {
    std::string folder;  // where its files are
    std::string path;    // as in proc/self/cgroup
};

enum class Version { v1, v2 };
// Our group in one hierarchy and its ancestors as far as a mount shows them, innermost first.
struct Chain {
    Version version;
    std::vector<Group> groups;
};

bool contains(std::string_view comma_list, std::string_view name) {
    const std::vector<std::string_view> names = pieces_of(comma_list, ',');
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<Membership> read_memberships(const Files& files) {
    std::vector<Membership> memberships;
    const std::optional<std::string> text = files.read("proc/self/cgroup");
    if (!text)
        return memberships;
    for (const std::string_view line : lines_of(*text)) {
        const std::size_t first = line.find(':');
        const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
        if (second == line.npos || !number_of<int>(line.substr(0, first)))
            continue;
        const std::string_view path = line.substr(second + 1);
        if (path.starts_with('/'))
            memberships.push_back(
                {std::string(line.substr(first + 1, second - first - 1)), std::string(path)});
    }
    return memberships;
}

// What is left of `path` below `root`; nullopt if it does not lie there.
std::optional<std::string_view> path_below(std::string_view root, std::string_view path) {
    if (root != "/") {
        if (!path.starts_with(root))
            return std::nullopt;
        path.remove_prefix(root.size());
        if (!path.empty() && path.front() != '/')
            return std::nullopt;
    }
    // A group outside our cgroup namespace is written with "..", which names no folder of ours.
    const std::vector<std::string_view> names = pieces_of(path, '/');
    if (std::find(names.begin(), names.end(), "..") != names.end())
        return std::nullopt;
    while (path.ends_with('/'))
        path.remove_suffix(1);
    return path;
}

std::vector<Group> chain_under(const Files& files, const Mount& mount, const std::string& path) {
    const std::optional<std::string_view> below = path_below(mount.root, path);
    if (!below || !files.exists(mount.point + std::string(*below))) {
        // A container may show only its own group, under a path that the host gave it: the mount
        // point is then the group itself or an ancestor, the only one that can be seen.
        return {{mount.point, mount.root}};
    }
    const std::string_view above = std::string_view(path).substr(0, mount.root.size());
    std::vector<Group> groups;
    for (std::string_view rest = *below; !rest.empty(); rest = rest.substr(0, rest.rfind('/'))) {
        const std::string prefix = mount.root == "/" ? "" : std::string(above);
        groups.push_back({mount.point + std::string(rest), prefix + std::string(rest)});
    }
    groups.push_back({mount.point, mount.root});
    return groups;
}

bool shows(const Mount& mount, const Membership& membership, std::string_view controller) {
    if (membership.controllers.empty())
        return mount.filesystem == "cgroup2";
    return mount.filesystem == "cgroup" && contains(membership.controllers, controller) &&
           contains(mount.super_options, controller);
}

// The chains in which `controller` may limit us: its v1 hierarchy, and the v2 one. Where several
// mounts show a hierarchy, the one that shows most ancestors.
std::vector<Chain> chains_of(const Files& files, std::string_view controller) {
    std::vector<Chain> chains;
    const std::vector<Mount> mounts = read_mounts(files);
    for (const Membership& membership : read_memberships(files)) {
        std::vector<Group> longest;
        for (const Mount& mount : mounts) {
            if (!shows(mount, membership, controller))
                continue;
            std::vector<Group> groups = chain_under(files, mount, membership.path);
            if (groups.size() > longest.size())
                longest = std::move(groups);
        }
        if (!longest.empty())
            chains.push_back(
                {membership.controllers.empty() ? Version::v2 : Version::v1, std::move(longest)});
    }
    return chains;
}

enum class QuotaState { unknown, none, set };
struct Quota {
    QuotaState state = QuotaState::unknown;
    double cpus = 0;  // meaningful if set
};

Quota quota_of(std::optional<std::int64_t> quota_us, std::optional<std::int64_t> period_us) {
    if (!quota_us || !period_us || *quota_us <= 0 || *period_us <= 0)
        return {};
    return {QuotaState::set, static_cast<double>(*quota_us) / static_cast<double>(*period_us)};
}

// A group without the file has no quota: the controller is off for it, or it is the root.
Quota read_quota(const Files& files, Version version, const Group& group) {
    if (version == Version::v1) {
        const std::string file = group.folder + "/cpu.cfs_quota_us";
        const auto quota_us = files.read_integer(file);
        if (quota_us == -1 || !files.exists(file))
            return {QuotaState::none};
        return quota_of(quota_us, files.read_integer(group.folder + "/cpu.cfs_period_us"));
    }
    const std::string file = group.folder + "/cpu.max";
    const std::string line = files.read_line(file).value_or("");
    const std::vector<std::string_view> words = words_of(line);
    if (!files.exists(file) || (words.size() == 2 && words[0] == "max"))
        return {QuotaState::none};
    if (words.size() != 2)
        return {};
    return quota_of(number_of<std::int64_t>(words[0]), number_of<std::int64_t>(words[1]));
}

// "name 123" in a file of such lines.
std::optional<std::uint64_t> keyed_number(std::string_view text, std::string_view name) {
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string_view> words = words_of(line);
        if (words.size() == 2 && words[0] == name)
            return number_of<std::uint64_t>(words[1]);
    }
    return std::nullopt;
}

struct MemoryLimit {
    std::uint64_t bytes;
    Group group;
};

// Every memory limit along the chains. "max" is no number and so no limit.
std::vector<MemoryLimit> read_memory_limits(const Files& files, const std::vector<Chain>& chains) {
    std::vector<MemoryLimit> limits;
    for (const Chain& chain : chains) {
        const std::vector<std::string_view> names =
            chain.version == Version::v2
                ? std::vector<std::string_view>{"/memory.max", "/memory.high"}
                : std::vector<std::string_view>{"/memory.limit_in_bytes"};
        for (const Group& group : chain.groups)
            for (const std::string_view name : names)
                if (const auto bytes = files.read_integer(group.folder + std::string(name));
                    bytes && *bytes >= 0)
                    limits.push_back({static_cast<std::uint64_t>(*bytes), group});
        // v1 also tells the tightest limit among the ancestors that no mount shows.
        const Group& own = chain.groups.front();
        const auto stat = files.read(own.folder + "/memory.stat");
        if (const auto bytes =
                stat ? keyed_number(*stat, "hierarchical_memory_limit") : std::nullopt)
            limits.push_back({*bytes, own});
    }
    return limits;
}

// Above this a limit is none: v1 writes "no limit" as the largest page count in bytes, 2^63 - 4096.
std::uint64_t unlimited_from(const Files& files) {
    constexpr std::uint64_t kBeyondAnyMachine = kTiB << 10;
    const std::optional<MemoryFacts> memory = read_memory(files);
    return memory ? memory->total_bytes : kBeyondAnyMachine;
}

std::string version_of(const std::vector<Mount>& mounts) {
    const auto mounted = [&](std::string_view filesystem) {
        return std::any_of(mounts.begin(), mounts.end(),
                           [&](const Mount& mount) { return mount.filesystem == filesystem; });
    };
    if (mounted("cgroup"))
        return mounted("cgroup2") ? "hybrid" : "v1";
    return mounted("cgroup2") ? "v2" : "none";
}

// What the group holds that the kernel cannot simply drop: its usage without the inactive page
// cache.
std::optional<std::uint64_t> held_bytes(const Files& files, const Group& group) {
    auto usage = files.read_integer(group.folder + "/memory.current");
    if (!usage)
        usage = files.read_integer(group.folder + "/memory.usage_in_bytes");
    if (!usage || *usage < 0)
        return std::nullopt;
    const auto held = static_cast<std::uint64_t>(*usage);
    const auto stat = files.read(group.folder + "/memory.stat");
    auto droppable = stat ? keyed_number(*stat, "total_inactive_file") : std::nullopt;
    if (stat && !droppable)
        droppable = keyed_number(*stat, "inactive_file");
    return held - std::min(held, droppable.value_or(0));
}

}  // namespace

CgroupLimits read_cgroup_limits(const Files& files) {
    CgroupLimits limits;
    limits.version = version_of(read_mounts(files));
    for (const Chain& chain : chains_of(files, "cpu"))
        for (const Group& group : chain.groups) {
            const Quota quota = read_quota(files, chain.version, group);
            if (quota.state != QuotaState::set)
                continue;
            if (limits.cpu_quota && *limits.cpu_quota <= quota.cpus)
                continue;
            limits.cpu_quota = quota.cpus;
            limits.cpu_quota_group = group.path;
        }
    std::uint64_t tightest = unlimited_from(files);
    for (const MemoryLimit& limit : read_memory_limits(files, chains_of(files, "memory"))) {
        if (limit.bytes >= tightest)
            continue;
        tightest = limit.bytes;
        limits.memory_limit_bytes = limit.bytes;
        limits.memory_limit_group = limit.group.path;
    }
    return limits;
}

std::optional<std::uint64_t> read_cgroup_memory_left_bytes(const Files& files) {
    std::optional<std::uint64_t> left;
    const std::uint64_t unlimited = unlimited_from(files);
    for (const MemoryLimit& limit : read_memory_limits(files, chains_of(files, "memory"))) {
        if (limit.bytes >= unlimited)
            continue;
        const std::uint64_t held = held_bytes(files, limit.group).value_or(limit.bytes);
        const std::uint64_t here = limit.bytes - std::min(limit.bytes, held);
        left = std::min(left.value_or(here), here);
    }
    return left;
}

std::optional<Throttling> read_throttling(const Files& files) {
    std::optional<Throttling> sum;
    for (const Chain& chain : chains_of(files, "cpu"))
        for (const Group& group : chain.groups) {
            const auto stat = files.read(group.folder + "/cpu.stat");
            if (!stat)
                continue;
            if (!sum)
                sum = Throttling{};
            if (read_quota(files, chain.version, group).state == QuotaState::none)
                continue;
            const bool v2 = chain.version == Version::v2;
            const auto periods = keyed_number(*stat, "nr_throttled");
            const auto time = keyed_number(*stat, v2 ? "throttled_usec" : "throttled_time");
            if (!periods || !time)
                return std::nullopt;
            const std::uint64_t ns_per_unit = v2 ? kNanosecondsPerMicrosecond : 1;
            sum->throttled_periods += *periods;
            // Unsigned, so that a garbled file cannot overflow the sum.
            sum->throttled_ns = static_cast<std::int64_t>(
                static_cast<std::uint64_t>(sum->throttled_ns) + *time * ns_per_unit);
        }
    return sum;
}

}  // namespace assay::host
