#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/histogram.h"
#include "engine/host/clock.h"
#include "probes/storage/io_loop.h"

namespace assay::storage {

/// How an appended record is made durable.
enum class CommitMethod {
    fdatasync,  ///< write(2), then a blocking fdatasync(2): what etcd and most databases do
    dsync,      ///< one direct write with RWF_DSYNC through a ring, which may use the device's FUA
    linked,     ///< a write and an fsync in a ring, the second linked to the first
};
std::string_view name_of(CommitMethod method);  ///< "fdatasync", "dsync", "linked"

/// One writer's share of one round of commits.
struct CommitPlan {
    CommitMethod method = CommitMethod::fdatasync;
    int file = -1;
    std::uint64_t first_byte = 0;     ///< of the writer's stretch of the file
    std::uint64_t stretch_bytes = 0;  ///< then it begins again
    std::uint32_t record_bytes = 0;
    /// Times, slices, most_writes, first_sequence and stop, as of the other loops.
    LoopPlan loop;
};

/// What one writer saw. `loop` counts commits as writes; its latencies are those of the sync alone
/// where that is a call of its own, else of the whole commit.
struct CommitTally {
    LoopTally loop;
    Histogram commit_ticks;         ///< write and sync together
    std::uint64_t last_offset = 0;  ///< of the last good commit
    bool has_last = false;
};

/// Commits one record after the other until the window is over. `record` holds the payload, whole
/// sectors, at least record_bytes, and keeps the last record's content. Blocks in system calls as
/// long as the device does.
void run_commit_loop(std::span<std::byte> record, const host::Clock& clock, const CommitPlan& plan,
                     CommitTally& tally);

}  // namespace assay::storage
