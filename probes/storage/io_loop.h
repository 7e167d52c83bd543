#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/core/histogram.h"
#include "engine/core/random.h"
#include "engine/host/clock.h"

namespace assay::storage {

class Ring;

/// One thread's share of one round. All ticks are of the one clock that the loop is given.
struct LoopPlan {
    unsigned depth = 1;     ///< operations kept in flight
    unsigned batch = 1;     ///< most operations handed over, and most completions taken, at a time
    unsigned wait_for = 1;  ///< completions that the thread sleeps for
    std::uint64_t blocks = 1;  ///< offsets are drawn from this many blocks
    std::uint32_t block_bytes = 0;
    std::int32_t expected_result =
        0;  ///< bytes that a whole operation returns; 0 for no-operations
    std::uint64_t seed = 0;
    /// Completions seen after `begin` and up to `end` count. Before lies the ramp, which fills the
    /// queue; after lies the drain.
    std::uint64_t begin_ticks = 0, end_ticks = 0;
    std::uint64_t give_up_ticks = 0;  ///< what has not come back by then never will
    std::stop_token stop;
};

/// A block that a slot of the arena holds after the drain.
struct SlotContent {
    std::uint32_t slot;
    std::uint64_t offset;
};

/// What one thread saw in one round.
struct LoopTally {
    Histogram latency_ticks;   ///< from just before the submit to the reap, of the counted ones
    std::uint64_t issued = 0;  ///< ramp, window and drain together: what the device must have seen
    std::uint64_t failed = 0;  ///< errors and short transfers, ramp and drain included
    std::uint64_t short_transfers = 0;
    int first_errno = 0;             ///< 0 if no operation returned one
    std::uint64_t still_flying = 0;  ///< not back by give_up
    bool stopped = false;            ///< the stop token ended it early
    bool began_late = false;         ///< the window had begun before the queue was full
    int ring_errno = 0;              ///< the ring itself refused to go on
    std::int64_t cpu_ns = 0;   ///< of the thread, ramp and window, without looking for completions
    std::int64_t wall_ns = 0;  ///< of the same stretch
    /// Relative error of the bookkeeping by Little's law: sum of latencies plus the time in which
    /// slots were idle, against depth times window. nullopt if the window was not lived through.
    std::optional<double> little_residual;
    std::vector<SlotContent> contents;  ///< of the last good operation of each slot

    void clear();
};

/// Keeps `depth` operations in flight through the ring until the window is over, then drains.
/// Returns within about 20 ms of a stop request, at the latest at give_up.
void run_ring_loop(Ring& ring, const host::Clock& clock, const LoopPlan& plan, LoopTally& tally);

/// The same with blocking preadv2 calls, one at a time, for where io_uring is not allowed; depth,
/// batch and wait_for are taken as 1. `buffer` holds one block, aligned for direct I/O.
void run_sync_loop(int file, std::byte* buffer, const host::Clock& clock, const LoopPlan& plan,
                   LoopTally& tally);

}  // namespace assay::storage
