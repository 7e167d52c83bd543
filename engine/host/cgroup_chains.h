#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/host/files.h"

namespace assay::host {

/// A control group, as a mount of its hierarchy shows it.
struct ControlGroup {
    std::string folder;  ///< where its files are
    std::string path;    ///< as in proc/self/cgroup
};

enum class CgroupVersion { v1, v2 };

/// This process's group in one hierarchy and its ancestors as far as a mount shows them, innermost
/// first. Never empty.
struct CgroupChain {
    CgroupVersion version;
    std::vector<ControlGroup> groups;
};

/// The chains in which `controller` (its v1 name: "cpu", "memory", "blkio") may limit this process:
/// its v1 hierarchy, and the v2 one. Where several mounts show a hierarchy, the one that shows most
/// ancestors. From proc/self/cgroup and proc/self/mountinfo; empty where these say nothing.
std::vector<CgroupChain> cgroup_chains(const Files& files, std::string_view controller);

}  // namespace assay::host
