#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "engine/core/error.h"

namespace assay::storage {

/// Runs blocking I/O on a thread of its own, since nobody can take back a system call that a device
/// does not answer. After `deadline`, or some 100 ms after a stop request, the thread is left
/// behind with all that `work` holds: it must own what it uses. Errors: those of `work`; timed_out,
/// with "the device under `path` did not `what` in time"; interrupted; unavailable (no thread).
Expected<void> run_patiently(std::function<Expected<void>()> work,
                             std::chrono::steady_clock::time_point deadline,
                             const std::stop_token& stop, const std::string& path,
                             const std::string& what);

}  // namespace assay::storage
