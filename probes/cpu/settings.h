#pragma once

#include <string>
#include <vector>

#include "engine/host/isa.h"
#include "engine/probe.h"

/// What the floating-point and clock probes have in common: which instruction sets, how many
/// threads.
namespace assay::cpu {

inline constexpr Option kThreadsOption{
    "threads", OptionKind::count, "", "",
    "threads, one pinned to each CPU; without it one thread and all allowed CPUs are measured"};
inline constexpr Option kIsaOption{
    "isa", OptionKind::choice, "auto", "auto|sse2|avx|avx2|avx512|neon",
    "only this instruction set; auto measures every one that the host has"};

/// The instruction sets that --isa asks for, narrowest first. Errors: usage (no such name),
/// unsupported (not on this host, or no kernels for this processor).
Expected<std::vector<host::Isa>> chosen_isas(std::string_view probe, const Request& request);

/// One and all, or what --threads asks for. Errors: usage (more than the process has CPUs).
Expected<std::vector<std::size_t>> chosen_threads(const host::Host& host, const Request& request);

/// "all" where that is one, "one", or "some". Where all is one, it is "all": the number that stands
/// for the host.
std::string scope_of(std::size_t threads, std::size_t allowed);

/// "1 thread", "2 threads".
std::string threads_text(std::size_t threads);

/// The first `threads` CPUs in pinning order. Errors: usage.
Expected<std::vector<int>> first_cpus(std::string_view probe, const host::Host& host,
                                      std::size_t threads);

/// What `check` says besides its first line, and what it says where the request is refused.
CheckLine blocked_line(const Error& error);
void add_quota_line(const host::Host& host, std::vector<CheckLine>& lines);

}  // namespace assay::cpu
