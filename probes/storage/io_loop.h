#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/core/histogram.h"
#include "engine/core/measurement.h"
#include "engine/host/clock.h"
#include "probes/storage/payload.h"

namespace assay::storage {

class AioQueue;
class Ring;

enum class Direction : std::uint8_t { read, write };
inline constexpr std::size_t kDirections = 2;
enum class AccessOrder { random, sequential };

/// One thread's share of one round. All ticks are of the one clock that the loop is given.
struct LoopPlan {
    unsigned depth = 1;     ///< operations kept in flight; open loop: at most so many
    unsigned batch = 1;     ///< most operations handed over, and most completions taken, at a time
    unsigned wait_for = 1;  ///< completions that the thread sleeps for
    AccessOrder order = AccessOrder::random;
    double read_ratio = 1;  ///< share of operations that read, drawn for each
    std::uint64_t first_block = 0;
    std::uint64_t blocks = 1;       ///< offsets are drawn from this many, from first_block on
    std::uint64_t start_block = 0;  ///< sequential: of those, the one to begin with
    std::uint32_t block_bytes = 0;
    std::int32_t expected_result =
        0;  ///< bytes that a whole operation returns; 0 for no-operations
    std::uint64_t seed = 0;
    /// Open loop: a new operation is due every so many ticks from `begin` on, whatever became of
    /// the ones before. 0 = closed loop: a new one as soon as one is back.
    double interval_ticks = 0;
    /// Closed loop: completions seen after `begin` and up to `end` count; before lies the ramp,
    /// which fills the queue, after lies the drain. Open loop: operations due from `begin` to `end`
    /// count, whenever they complete.
    std::uint64_t begin_ticks = 0, end_ticks = 0;
    std::uint64_t give_up_ticks = 0;                ///< what has not come back by then never will
    std::uint64_t slice_ticks = 0;                  ///< of the series; 0 = none
    std::uint64_t most_writes = ~std::uint64_t{0};  ///< then the loop ends early

    Payload::Renew renew = Payload::Renew::words;  ///< of what is written
    std::uint64_t first_sequence = 1;              ///< of the writes
    bool seals = false;                            ///< adds checksums to what is written
    int write_flags = 0;                           ///< of pwritev2(2), ring only: RWF_DSYNC
    /// Last sequence written to each of `blocks`, kept up to date; two writes to one block are then
    /// never in flight together. nullptr = nobody asks.
    std::vector<std::uint64_t>* ledger = nullptr;
    std::stop_token stop;
};

/// What a slot of the arena holds after the drain.
struct SlotContent {
    std::uint32_t slot;
    std::uint64_t offset;
    Direction direction;
    std::uint64_t sequence;  ///< of a write
};

/// One of the slowest operations.
struct SlowOperation {
    std::uint64_t latency_ticks;
    std::uint64_t after_ticks;  ///< of its completion, from the window's begin
    std::uint64_t offset;
    Direction direction;
};

/// What one thread saw in one round.
struct LoopTally {
    /// From just before the submit to the reap, of the counted ones, by direction.
    std::array<Histogram, kDirections> service_ticks;
    /// Open loop: from when the operation was due to the reap.
    Histogram response_ticks;
    /// The same as `service_ticks` (open loop: `response_ticks`), all directions together, for each
    /// whole slice of the window by completion.
    std::vector<Histogram> slices;
    std::vector<SlowOperation> slowest;  ///< by service (open loop: response), slowest first

    std::uint64_t issued = 0;  ///< ramp, window and drain together: what the device must have seen
    std::uint64_t issued_writes = 0;  ///< of those
    std::uint64_t failed = 0;         ///< errors and short transfers, ramp and drain included
    std::uint64_t short_transfers = 0;
    int first_errno = 0;  ///< 0 if no operation returned one
    std::uint64_t first_failed_offset = 0;
    std::uint64_t still_flying = 0;  ///< not back by give_up
    std::uint64_t never_issued = 0;  ///< open loop: due in the window, but no slot became free
    std::uint64_t most_backlog = 0;  ///< open loop: due and not yet back, at most
    bool stopped = false;            ///< the stop token ended it early
    bool began_late = false;         ///< the window had begun before the queue was full
    bool hit_write_limit = false;
    int ring_errno = 0;                 ///< the queue itself refused to go on
    std::uint64_t end_ticks = 0;        ///< of the window as it was: earlier at a write limit
    std::uint64_t last_done_ticks = 0;  ///< open loop: when the last that came back was back
    std::int64_t cpu_ns = 0;  ///< of the thread, ramp and window, without looking for completions
    std::int64_t looking_ns = 0;  ///< CPU time that only looked, not part of cpu_ns
    std::int64_t wall_ns = 0;     ///< of the same stretch
    /// Relative error of the bookkeeping by Little's law: sum of latencies plus the time in which
    /// slots were idle, against depth times window; the worst of the whole window and its slices.
    /// nullopt if the window was not lived through, and in an open loop.
    std::optional<double> little_residual;
    std::vector<SlotContent> contents;  ///< of the last good operation of each slot

    std::uint64_t counted() const { return service_ticks[0].count() + service_ticks[1].count(); }
    void clear();
};

/// Keeps `depth` operations in flight through the ring until the window is over (closed loop), or
/// starts one whenever one is due (open loop), then drains. Returns within about 20 ms of a stop
/// request, at the latest at give_up. `writes` holds `depth` blocks of the payload to write from,
/// and is registered with the ring behind the blocks that reads land in.
void run_ring_loop(Ring& ring, std::span<std::byte> writes, const host::Clock& clock,
                   const LoopPlan& plan, LoopTally& tally);

/// The same with Linux AIO. The queue's arena holds `depth` blocks that reads land in and, where
/// the plan writes, `writes` behind them.
void run_aio_loop(AioQueue& queue, std::span<std::byte> writes, const host::Clock& clock,
                  const LoopPlan& plan, LoopTally& tally);

/// The closed loop with blocking preadv2 and pwritev2 calls, one at a time, for where nothing else
/// is allowed; depth, batch and wait_for are taken as 1. `reads` and `writes` hold one block each,
/// aligned for direct I/O.
void run_sync_loop(int file, std::span<std::byte> reads, std::span<std::byte> writes,
                   const host::Clock& clock, const LoopPlan& plan, LoopTally& tally);

}  // namespace assay::storage
