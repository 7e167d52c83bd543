#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/finding.h"
#include "engine/core/value.h"
#include "engine/host/buffer.h"
#include "engine/host/files.h"

/// Where memory really lies and what backs it: proof, not hope.
namespace assay::memory {

/// A buffer and how much of it is used.
struct UsedBuffer {
    const host::Buffer* buffer = nullptr;
    std::size_t bytes = 0;
};

/// What the kernel told of the buffers of one place.
struct Placement {
    std::string place;  ///< "NUMA node 1", "this host"
    std::optional<int> node{};
    host::PagePreference asked = host::PagePreference::huge;
    std::optional<host::PagePlacement> pages{};  ///< absent where the kernel cannot tell
    std::optional<double> huge_ratio{};          ///< of the buffers' bytes; absent likewise
    bool all_hugetlb = false;
};
/// Asks for every page. buffers: not empty, all wanted on `node`.
Placement placement_of(std::span<const UsedBuffer> buffers, std::string place,
                       std::optional<int> node, host::PagePreference asked);

/// "hugetlb", "thp", "4k", "mixed"; null where the kernel does not tell.
Value pages_obtained(const Placement& placement);

/// small_pages, remote_pages, zero_page. `before`: as it was when the memory had been filled;
/// pages that lie elsewhere now were moved meanwhile, and it says so.
std::vector<Finding> placement_findings(const Placement& before, const Placement& now);

/// What the kernel does with memory behind a program's back: numa_balancing, ksm_active,
/// thp_disabled.
std::vector<Finding> kernel_memory_findings(const host::Files& files);

/// "91.3 %"
std::string percent_text(double ratio);

}  // namespace assay::memory
