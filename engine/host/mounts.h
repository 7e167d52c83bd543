#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/host/files.h"
#include "engine/host/parse.h"

namespace assay::host {

/// A line of proc/self/mountinfo (proc_pid_mountinfo(5)), octal escapes undone.
struct Mount {
    int id = 0;
    DeviceNumber device;  ///< major 0 = the filesystem has no block device of its own
    std::string root;     ///< the folder of the filesystem that is seen at `point`
    std::string point;
    std::string options;
    std::string filesystem;
    std::string source;
    std::string super_options;
    bool operator==(const Mount&) const = default;
};

/// The mounts in the text of a mountinfo file. Malformed lines are left out.
std::vector<Mount> parse_mounts(std::string_view text);

/// In the order of the file: a later mount on the same point covers an earlier one. Malformed lines
/// are left out; empty where the file cannot be read.
std::vector<Mount> read_mounts(const Files& files);

/// The mount that `path` lies on: on the live machine by the mount id that statx(2) tells, else the
/// one with the longest mount point. `path` is absolute there. nullopt where none fits.
std::optional<Mount> mount_of_path(const Files& files, std::string_view path);

/// Whether the mount has this option, of its own or of its filesystem: "nobarrier", "barrier=0".
bool has_option(const Mount& mount, std::string_view option);

/// What stands behind the "=" of an option, the filesystem's own before the mount's: "compress" is
/// "zstd:3"; empty for an option without "=". nullopt where it is not set.
std::optional<std::string> option_value(const Mount& mount, std::string_view name);

/// tmpfs, ramfs and their kind: what is written there lies in memory.
bool is_memory_filesystem(const Mount& mount);

/// Whether the files are those of the machine that we run on. System calls and CPUID answer for
/// that machine alone, so for a fixture tree they must not be asked.
bool is_live(const Files& files);

}  // namespace assay::host
