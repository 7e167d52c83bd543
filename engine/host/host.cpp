#include "engine/host/host.h"

#include <algorithm>
#include <utility>

#include "engine/host/counters.h"

namespace assay::host {

double Host::effective_cpus() const {
    const auto allowed = static_cast<double>(topology.allowed_cpus().size());
    return std::min(allowed, cgroup.cpu_quota.value_or(allowed));
}

std::uint64_t Host::memory_allowance_bytes() const {
    const std::optional<MemoryFacts> memory = read_memory(files);
    if (!memory)
        return 0;
    const std::uint64_t left = read_cgroup_memory_left_bytes(files).value_or(memory->total_bytes);
    return std::min(memory->available_bytes, left) / 2;
}

Expected<Host> inspect_host(Files files) {
    ASSAY_TRY(Topology topology, read_topology(files));
    Clock clock(files);
    CgroupLimits limits = read_cgroup_limits(files);
    return Host{std::move(files), std::move(clock), std::move(topology), std::move(limits)};
}

}  // namespace assay::host
