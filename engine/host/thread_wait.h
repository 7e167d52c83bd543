#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "engine/host/files.h"

namespace assay::host {

/// How long a thread of this process could run and had no CPU, since it began: the second number of
/// proc/self/task/TID/schedstat. nullopt where the kernel does not count that, or the thread is
/// gone.
std::optional<std::uint64_t> read_thread_wait_ns(const Files& files, pid_t thread);

/// The congestion control of TCP connections that choose none (sysctl
/// net.ipv4.tcp_congestion_control). nullopt where the kernel does not say.
std::optional<std::string> read_default_congestion(const Files& files);

}  // namespace assay::host
