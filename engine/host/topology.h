#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/files.h"

namespace assay::host {

/// A processing unit (hardware thread) that the kernel shows.
struct Pu {
    int os_index = 0;
    int core = 0;                  ///< logical index of its core, machine-wide
    int package = 0;               ///< logical index
    std::optional<int> numa_node;  ///< OS index of the node; unknown where the kernel has no NUMA
    bool allowed = true;           ///< in this process's affinity mask
};

struct Cache {
    int level = 0;
    std::string kind;  ///< "data", "instruction", "unified"
    std::uint64_t size_bytes = 0;
    std::vector<int> pus;  ///< OS indices that share it
};

struct NumaNode {
    int os_index = 0;
    std::optional<std::uint64_t> memory_bytes;  ///< 0 is a node without memory
    std::vector<int> pus;                       ///< OS indices; empty is a node without CPUs
};

/// What hwloc says of the machine; facts that it cannot know are absent. Vectors are sorted by
/// index.
struct Topology {
    int packages = 0, cores = 0;
    std::vector<Pu> pus;
    std::vector<Cache> caches;
    std::vector<NumaNode> nodes;

    std::vector<int> allowed_cpus() const;  ///< OS indices
    std::vector<int> allowed_cpus_of_node(int os_index) const;
    /// One PU of each physical core first, then the siblings: the order in which threads are
    /// pinned.
    std::vector<int> pinning_order() const;
    std::optional<std::uint64_t> last_level_cache_bytes()
        const;  ///< sum over all last-level caches that allowed PUs reach
};

/// Reads the live machine, or, where files.root() is not "/", a fixture tree through hwloc's
/// fsroot. Errors: unavailable, with hwloc's reason.
Expected<Topology> read_topology(const Files& files);

}  // namespace assay::host
