#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/probe.h"

namespace assay::cpu {

inline constexpr Option kThreadsOption{
    "threads", OptionKind::count, "", "",
    "threads, one pinned to each CPU; without it one thread and all allowed CPUs are measured"};

/// One thread and all allowed CPUs, or what --threads asks for. Errors: usage.
Expected<std::vector<std::size_t>> chosen_thread_counts(const host::Host& host,
                                                        const Request& request);

/// "all" where they are all allowed CPUs (the number that stands for the host), "one", else "some".
std::string scope_of(const host::Host& host, std::size_t threads);

std::string threads_text(std::size_t threads);  ///< "1 thread", "2 threads"

/// The CPUs of so many workers. Errors: usage, more than are allowed. `probe` for its sentence.
Expected<std::vector<int>> cpus_for(const host::Host& host, std::size_t threads,
                                    std::string_view probe);

}  // namespace assay::cpu
