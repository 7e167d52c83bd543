#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/random.h"
#include "probes/storage/io_loop.h"

/// What the loops share: which operation comes next, and the books on those that came back. Inline,
/// since both are done for every operation.
namespace assay::storage {

/// One operation to be issued.
struct Operation {
    std::uint64_t offset = 0;
    std::uint64_t sequence = 0;  ///< of a write
    Direction direction = Direction::read;
};

/// Draws the operations of one round.
class OperationSource {
  public:
    explicit OperationSource(const LoopPlan& plan)
        : plan_(plan),
          random_(plan.seed),
          read_below_(plan.read_ratio >= 1 ? ~std::uint64_t{0}
                                           : static_cast<std::uint64_t>(plan.read_ratio * kTwo64)),
          next_block_(plan.start_block % std::max<std::uint64_t>(1, plan.blocks)),
          sequence_(plan.first_sequence),
          busy_(plan.ledger != nullptr ? plan.blocks : 0) {}

    /// `block_to_write` is of the payload and gets its content here. The operation is written where
    /// it stays: returned by value it is copied in wider pieces than it was stored in, and that
    /// load waits for the stores, 5 of 100 ns an operation.
    void next(Operation& operation, std::span<std::byte> block_to_write) {
        operation.direction = plan_.read_ratio < 1 && random_.next() >= read_below_
                                  ? Direction::write
                                  : Direction::read;
        std::uint64_t block = draw();
        if (plan_.ledger != nullptr) {
            while (busy_[block])  // depth is far below the number of blocks
                block = draw();
            busy_[block] = true;
        }
        operation.offset = (plan_.first_block + block) * plan_.block_bytes;
        if (operation.direction == Direction::write) {
            operation.sequence = sequence_++;
            Payload::rewrite(block_to_write, operation.offset, operation.sequence, plan_.renew);
            if (plan_.seals)
                Payload::seal(block_to_write);
        }
    }

    /// The operation is back. A failed write leaves the block in doubt: the older content is right
    /// as well, so the ledger keeps the older number.
    void done(const Operation& operation, bool is_good) {
        if (plan_.ledger == nullptr)
            return;
        const std::uint64_t block = operation.offset / plan_.block_bytes - plan_.first_block;
        busy_[block] = false;
        if (is_good && operation.direction == Direction::write)
            (*plan_.ledger)[block] = operation.sequence;
    }

  private:
    static constexpr double kTwo64 = 18446744073709551616.0;

    std::uint64_t draw() {
        if (plan_.order == AccessOrder::random)
            return random_.below(plan_.blocks);
        const std::uint64_t block = next_block_;
        next_block_ = block + 1 == plan_.blocks ? 0 : block + 1;
        return block;
    }

    const LoopPlan& plan_;
    Xoshiro256 random_;
    const std::uint64_t read_below_;
    std::uint64_t next_block_;
    std::uint64_t sequence_;
    std::vector<bool> busy_;
};

/// Writes down what came back.
class LoopBooks {
  public:
    LoopBooks(const LoopPlan& plan, LoopTally& tally) : plan_(plan), tally_(tally) {
        if (plan.slice_ticks > 0)
            tally.slices.resize((plan.end_ticks - plan.begin_ticks + plan.slice_ticks / 2) /
                                plan.slice_ticks);
        slice_end_ = plan.slice_ticks;
        tally.slowest.reserve(kSlowestKept + 1);
    }

    /// A counted operation. `primary` is what slices and the slowest go by: the service time, in an
    /// open loop the response time.
    void record(const Operation& operation, std::uint64_t service, std::uint64_t primary,
                std::uint64_t done_ticks) {
        const std::uint64_t after = done_ticks - plan_.begin_ticks;
        tally_.service_ticks[static_cast<std::size_t>(operation.direction)].record(service);
        while (after >= slice_end_ && slice_ < tally_.slices.size()) {
            ++slice_;
            slice_end_ += plan_.slice_ticks;
        }
        if (slice_ < tally_.slices.size())
            tally_.slices[slice_].record(primary);
        if (primary > slow_enough_)
            keep_slow({primary, after, operation.offset, operation.direction});
    }

    void fail(const Operation& operation, std::int32_t result) {
        if (tally_.failed++ == 0)
            tally_.first_failed_offset = operation.offset;
        if (result >= 0)
            ++tally_.short_transfers;
        else if (tally_.first_errno == 0)
            tally_.first_errno = -result;
    }

    /// Puts the slowest in order. Call once, at the end.
    void close() { std::sort(tally_.slowest.begin(), tally_.slowest.end(), is_slower); }

  private:
    static bool is_slower(const SlowOperation& left, const SlowOperation& right) {
        return left.latency_ticks > right.latency_ticks;
    }

    void keep_slow(const SlowOperation& operation) {
        auto& kept = tally_.slowest;  // a heap with the quickest of them in front
        if (kept.size() == kSlowestKept) {
            std::pop_heap(kept.begin(), kept.end(), is_slower);
            kept.pop_back();
        }
        kept.push_back(operation);
        std::push_heap(kept.begin(), kept.end(), is_slower);
        if (kept.size() == kSlowestKept)
            slow_enough_ = kept.front().latency_ticks;
    }

    const LoopPlan& plan_;
    LoopTally& tally_;
    std::uint64_t slow_enough_ = 0;
    std::size_t slice_ = 0;  // times only rise, so no division finds it
    std::uint64_t slice_end_ = 0;
};

}  // namespace assay::storage
