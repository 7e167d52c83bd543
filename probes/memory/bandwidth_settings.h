#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/host/buffer.h"
#include "engine/probe.h"
#include "probes/memory/memory_spec.h"
#include "probes/memory/node_pairs.h"
#include "probes/memory/read_kernel.h"
#include "probes/memory/store_kernel.h"

namespace assay::memory {

/// Arrays are whole huge pages and whole blocks.
inline constexpr std::size_t kArrayUnitBytes = std::size_t{1} << 21;
/// Arrays together are at least so many times the last-level cache, so that walking them in turn
/// finds nothing in it; STREAM asks the same of each of its arrays.
inline constexpr std::uint64_t kTimesLastLevelCache = 4;

/// The arrays on one memory node and one kind of pages, and who touches them first.
struct MemoryGroup {
    std::optional<int> node;  ///< OS index
    host::PagePreference pages = host::PagePreference::huge;
    std::vector<int> fill_cpus;              ///< one an array, in the order of pinning
    std::optional<std::uint64_t> llc_bytes;  ///< the largest that CPUs reach which use this memory
    std::size_t bytes_per_array = 0;         ///< a multiple of kArrayUnitBytes
    /// Of each of the two arrays that stores need besides; 0 = there are none.
    std::size_t store_bytes_per_array = 0;

    std::uint64_t bytes() const {
        return (bytes_per_array + 2 * store_bytes_per_array) * fill_cpus.size();
    }
};

/// A pair of nodes, with the memory group that it uses.
struct BandwidthPair {
    NodePair nodes;
    std::size_t memory = 0;
    /// The same once more on 4 KiB pages; absent where they are not asked for or memory is short.
    std::optional<std::size_t> small_memory{};
    std::size_t threads = 0;  ///< at most: its CPUs, and no more than the memory has arrays
};

struct BandwidthCase {
    std::size_t pair = 0;
    std::optional<StoreKernel> store{};  ///< absent = read
    std::size_t threads = 1;
    bool sustained = false;
    bool against_small = false;  ///< half of each round on the pair's small_memory
    double round_share = 1;
};

struct BandwidthSettings {
    ReadKernel kernel{};  ///< of reads
    host::PagePreference pages = host::PagePreference::huge;
    bool bind = false;  ///< to the node; one node alone needs no binding
    std::optional<MemorySpec> spec;
    std::vector<MemoryGroup> memories;
    std::vector<BandwidthPair> pairs;
    std::vector<BandwidthCase> cases;

    std::uint64_t bytes() const;  ///< of all arrays
};

/// What the user asked for, on this host, inside context.memory_allowance_bytes.
/// Errors: usage (options), unsupported (no kernel), unavailable (no memory).
Expected<BandwidthSettings> bandwidth_settings(const RunContext& context, const Request& request);

/// "all" allowed CPUs of the node, "one", "some".
std::string scope_of(const BandwidthPair& pair, std::size_t threads);

}  // namespace assay::memory
