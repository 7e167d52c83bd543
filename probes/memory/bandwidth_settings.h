#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/host/buffer.h"
#include "engine/probe.h"
#include "probes/memory/read_kernel.h"

namespace assay::memory {

/// CPUs and the memory next to them: a NUMA node, or the whole host where the kernel has none.
struct NodeGroup {
    std::optional<int> node;                 ///< OS index
    std::vector<int> cpus;                   ///< one a thread, in the order of pinning
    std::size_t allowed_cpus = 0;            ///< of the node
    std::optional<std::uint64_t> llc_bytes;  ///< last-level caches that its allowed CPUs reach
    std::size_t bytes_per_thread = 0;        ///< a multiple of kArrayUnitBytes

    std::uint64_t bytes() const { return bytes_per_thread * cpus.size(); }
};

/// Arrays are whole huge pages and whole blocks.
inline constexpr std::size_t kArrayUnitBytes = std::size_t{1} << 21;
/// Arrays together are at least so many times the last-level cache, so that walking them in turn
/// finds nothing in it.
inline constexpr std::uint64_t kTimesLastLevelCache = 4;

struct BandwidthSettings {
    ReadKernel kernel{};
    host::PagePreference pages = host::PagePreference::huge;
    bool bind = false;                       ///< to the node; one node alone needs no binding
    std::vector<std::size_t> thread_counts;  ///< of the cases of each group; 0 = all of it
    std::vector<NodeGroup> groups;
};

/// What the user asked for, on this host, inside context.memory_allowance_bytes.
/// Errors: usage (options), unsupported (no kernel), unavailable (no memory).
Expected<BandwidthSettings> bandwidth_settings(const RunContext& context, const Request& request);

}  // namespace assay::memory
