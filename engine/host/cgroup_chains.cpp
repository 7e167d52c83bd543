#include "engine/host/cgroup_chains.h"

#include <algorithm>
#include <optional>

#include "engine/host/mounts.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

// A line of proc/self/cgroup (cgroups(7)): "4:memory:/system.slice", or "0::/user.slice" for v2.
struct Membership {
    std::string controllers;  // empty = the v2 hierarchy
    std::string path;
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

std::vector<ControlGroup> chain_under(const Files& files, const Mount& mount,
                                      const std::string& path) {
    const std::optional<std::string_view> below = path_below(mount.root, path);
    if (!below || !files.exists(mount.point + std::string(*below))) {
        // A container may show only its own group, under a path that the host gave it: the mount
        // point is then the group itself or an ancestor, the only one that can be seen.
        return {{mount.point, mount.root}};
    }
    const std::string_view above = std::string_view(path).substr(0, mount.root.size());
    std::vector<ControlGroup> groups;
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

}  // namespace

std::vector<CgroupChain> cgroup_chains(const Files& files, std::string_view controller) {
    std::vector<CgroupChain> chains;
    const std::vector<Mount> mounts = read_mounts(files);
    for (const Membership& membership : read_memberships(files)) {
        std::vector<ControlGroup> longest;
        for (const Mount& mount : mounts) {
            if (!shows(mount, membership, controller))
                continue;
            std::vector<ControlGroup> groups = chain_under(files, mount, membership.path);
            if (groups.size() > longest.size())
                longest = std::move(groups);
        }
        if (!longest.empty())
            chains.push_back(
                {membership.controllers.empty() ? CgroupVersion::v2 : CgroupVersion::v1,
                 std::move(longest)});
    }
    return chains;
}

}  // namespace assay::host
