#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/host/files.h"

namespace assay::host {

/// What the kernel does with memory behind a program's back. Absent where it does not say.
struct MemoryHabits {
    std::optional<std::int64_t> numa_balancing;  ///< kernel.numa_balancing; not 0 = it moves pages
    std::optional<std::int64_t> ksm_run;         ///< 1 = pages with equal contents are merged
    std::optional<std::string> transparent_huge_pages;  ///< "always", "madvise", "never"
};
MemoryHabits read_memory_habits(const Files& files);

}  // namespace assay::host
