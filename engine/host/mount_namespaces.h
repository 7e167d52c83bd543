#pragma once

#include <string>
#include <vector>

#include "engine/host/files.h"
#include "engine/host/mounts.h"

namespace assay::host {

/// A mount, and whose it is.
struct VisibleMount {
    Mount mount;
    std::string where;  ///< "" for our own namespace, else "in the mount namespace of process 17"
};

/// The mounts of every mount namespace that a process lives in, as far as proc shows processes.
struct AllMounts {
    std::vector<VisibleMount> mounts;
    bool own_are_known = false;          ///< proc/self/mountinfo could be read
    std::vector<std::string> unchecked;  ///< sentences: what could not be looked at
};

/// Reads proc/*/mountinfo, each namespace once; at most 65 536 processes and 64 MiB of text. A
/// namespace without a process (kept by a bind mount or an open file) is not seen: only opening
/// with O_EXCL knows of those.
AllMounts read_all_mounts(const Files& files);

}  // namespace assay::host
