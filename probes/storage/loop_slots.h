#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "probes/storage/loop_books.h"

namespace assay::storage {

/// How long a sleeping thread may miss a stop request.
inline constexpr std::int64_t kWaitSliceNs = 20 * kNanosecondsPerMillisecond;

/// The operations in flight: one slot each, with a block of the arena of its own.
class LoopSlots {
  public:
    struct Slot {
        Operation operation;
        std::uint64_t due_ticks = 0;  ///< open loop
        std::uint64_t submit_ticks = 0;
        bool flying = false;
        bool holds_data = false;
    };

    LoopSlots(const LoopPlan& plan, std::span<std::byte> writes)
        : block_bytes_(plan.block_bytes), writes_(writes), slots_(plan.depth) {}

    Slot& operator[](std::uint32_t index) { return slots_[index]; }
    std::uint32_t count() const { return static_cast<std::uint32_t>(slots_.size()); }

    /// The block that the slot writes from; empty where nothing is written.
    std::span<std::byte> write_block(std::uint32_t index) const {
        return writes_.empty() ? writes_
                               : writes_.subspan(std::size_t{index} * block_bytes_, block_bytes_);
    }

    /// Operation-ticks that the flying ones have spent until then, each since its submit, `latest`
    /// at most; less than 0 for one that was submitted after `until`.
    std::int64_t flying_ticks(std::uint64_t until, std::uint64_t latest) const {
        std::int64_t sum = 0;
        for (const Slot& slot : slots_)
            if (slot.flying)
                sum += static_cast<std::int64_t>(until) -
                       static_cast<std::int64_t>(std::min(slot.submit_ticks, latest));
        return sum;
    }

    std::vector<SlotContent> contents() const {
        std::vector<SlotContent> held;
        for (std::uint32_t index = 0; index < count(); ++index)
            if (const Slot& slot = slots_[index]; slot.holds_data)
                held.push_back({index, slot.operation.offset, slot.operation.direction,
                                slot.operation.sequence});
        return held;
    }

  private:
    const std::uint32_t block_bytes_;
    const std::span<std::byte> writes_;
    std::vector<Slot> slots_;
};

}  // namespace assay::storage
