#include "engine/host/memory_habits.h"

#include "engine/host/parse.h"

namespace assay::host {

MemoryHabits read_memory_habits(const Files& files) {
    MemoryHabits habits{.numa_balancing = files.read_integer("proc/sys/kernel/numa_balancing"),
                        .ksm_run = files.read_integer("sys/kernel/mm/ksm/run"),
                        .transparent_huge_pages = {}};
    if (const auto menu = files.read_line("sys/kernel/mm/transparent_hugepage/enabled"))
        habits.transparent_huge_pages = chosen_of(*menu);
    return habits;
}

}  // namespace assay::host
