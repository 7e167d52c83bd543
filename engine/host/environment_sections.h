#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/host/environment.h"
#include "engine/host/mounts.h"

namespace assay::host {

/// The sections of the environment, each an object whose keys are always all there.

Value host_section(const Files& files);
Value cpu_section(const Files& files, const Topology& topology);
Value memory_section(const Files& files);
Value numa_section(const Files& files, const Topology& topology);
Value storage_section(const Files& files, const std::string& path);
Value network_section(const Files& files);
Value kernel_section(const Files& files);
Value cgroup_section(const Files& files, const Topology& topology, const CgroupLimits& limits);

/// A list of the memory modules: from the firmware's table (SMBIOS type 17, readable by root), else
/// from EDAC. Null if neither can be read.
Value memory_modules(const Files& files);

/// SHA-256 of a fact that must be recognised again and not read. Null stays null.
Value hashed(const std::optional<std::string>& secret);

/// 0 is false, 1 is true, everything else unknown.
std::optional<bool> read_switch(const Files& files, std::string_view path);

}  // namespace assay::host
