#pragma once

#include <optional>
#include <vector>

#include "engine/probe.h"
#include "probes/storage/settings.h"
#include "probes/storage/target.h"

namespace assay::storage {

/// The lines of `assay doctor` for a storage probe: the options, the target and its
/// direct I/O, free space, the engine, and whether the disk's counters can confirm the numbers.
/// Writes nothing: the unnamed file that it opens stays empty and vanishes.
std::vector<CheckLine> preflight(const RunContext& context, const Expected<Settings>& settings);

/// Buffers of all threads, in whole huge pages.
std::uint64_t memory_bytes_of(const Settings& settings);

}  // namespace assay::storage
