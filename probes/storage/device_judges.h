#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/finding.h"

/// What the device's own counters say against what was asked of it. All pure; whatever is not known
/// is absent, and raises nothing.
namespace assay::storage {

/// The syncs of one case and the device's answer to them.
struct FlushEvidence {
    std::uint64_t syncs = 0;  ///< fdatasync calls that came back without an error, each after a
                              ///< write of its own
    std::optional<std::uint64_t> device_flushes;  ///< by how much the flush counter of the device
                                                  ///< moved; absent where it keeps none
                                                  ///< (host::counts_flushes)
    std::optional<std::string> write_cache;  ///< "write back" or "write through": queue/write_cache
    bool is_memory = false;                  ///< memory needs no flush: it forgets anyway
    std::optional<double> median_sync_ns;
    std::string disk;  ///< the kernel's name
};

/// flush_swallowed (invalid) where a device with a volatile write cache saw no flush at all;
/// flush_suspicious where the median of at least 20 syncs on such a device is under 20 us, faster
/// than flash can be written. No software can prove that a drive keeps what it flushed.
std::vector<Finding> judge_flushes(const FlushEvidence& evidence);

/// One round with a set rate (open loop).
struct OpenLoop {
    double offered_per_s = 0;
    double achieved_per_s = 0;  ///< completions in the window
    std::uint64_t never_started = 0;
    std::int64_t window_ns = 0;
};

/// rate_not_kept where the rates differ by over 0.1 % and by over one operation in the window, or
/// where operations were due and never started.
std::optional<Finding> judge_rate(const OpenLoop& loop);

/// A round with completions by polling.
struct PollingEvidence {
    std::optional<bool> device_polls;  ///< queue/io_poll
    std::int64_t cpu_ns = 0;           ///< of the polling threads
    std::int64_t wall_ns = 0;          ///< of the same stretch, summed over them
};

/// polling_ineffective where the device has no poll queues, or the polling threads were on their
/// CPU for less than 90 % of the time: they slept until an interrupt came.
std::optional<Finding> judge_polling(const PollingEvidence& polling);

/// Operations of one block size as we issued them and as the device counted them, over the same
/// stretch. Counters of one queue: where layers stripe or mirror, the sums say nothing.
struct OperationCounts {
    std::uint64_t issued = 0;
    std::uint64_t issued_bytes = 0;
    std::uint64_t device = 0;
    std::uint64_t device_bytes = 0;
    std::uint64_t device_merges = 0;
    std::string disk;
};

/// io_split where the device finished over 1 % more operations than we issued, and each was
/// smaller; io_merged where over 1 % of ours were merged into others, or the device finished over 1
/// % fewer and each was larger. What the bytes of others, in operations of a sector each, could
/// explain is not counted.
std::vector<Finding> judge_operation_sizes(const OperationCounts& counts);

}  // namespace assay::storage
