#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/cgroup.h"
#include "engine/host/clock.h"
#include "engine/host/files.h"
#include "engine/host/topology.h"

namespace assay::host {

/// The machine as the probes see it: read once at the start of a run, then only passed along.
struct Host {
    Files files;
    Clock clock;
    Topology topology;
    CgroupLimits cgroup;

    /// CPUs that this process really gets: min(allowed PUs, quota), as a decimal.
    double effective_cpus() const;
    /// What the buffers of all probes together may take now: half of MemAvailable, and under half
    /// of what the control group leaves. 0 where the kernel does not say.
    std::uint64_t memory_allowance_bytes() const;
};

/// Errors: unavailable, when the topology cannot be read.
Expected<Host> inspect_host(Files files);

}  // namespace assay::host
