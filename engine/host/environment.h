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
///
/// What only the processor or a system call can tell (instruction sets in CPUID and enabled by the
/// OS, the hypervisor's signature, NIC offloads, the machine name of uname) is null where
/// files.root() is not "/": it would be the test machine's.
Value read_environment(const Files& files, const Topology& topology, const CgroupLimits& limits,
                       const EnvironmentRequest& request);

}  // namespace assay::host
