#pragma once

#include <string>

#include "engine/core/value.h"
#include "engine/host/cgroup.h"
#include "engine/host/files.h"
#include "engine/host/topology.h"

namespace assay::host {

struct EnvironmentRequest {
    std::string
        path;  ///< the filesystem or device that storage is measured on; empty = the working folder
};

/// The fingerprint of this host: an object with the sections host, cpu, memory, numa, storage,
/// network, kernel, cgroup, each an object. What is unknown is null, and the key is there. Serial
/// numbers are SHA-256 hashes. Reads only; takes some ms.
Value read_environment(const Files& files, const Topology& topology, const CgroupLimits& limits,
                       const EnvironmentRequest& request);

}  // namespace assay::host
