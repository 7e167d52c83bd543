#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "engine/core/units.h"
#include "probes/storage/io_loop.h"
#include "probes/storage/loop_books.h"
#include "probes/storage/loop_slots.h"
#include "probes/storage/thread_meter.h"

namespace assay::storage {

/// A fixed number of operations in flight: as soon as one is back the next is on its way. `Queue`
/// is Ring or AioQueue.
template <class Queue>
class ClosedLoop {
  public:
    ClosedLoop(Queue& queue, std::span<std::byte> writes, const host::Clock& clock,
               const LoopPlan& plan, LoopTally& tally)
        : queue_(queue),
          clock_(clock),
          plan_(plan),
          tally_(tally),
          source_(plan),
          books_(plan, tally),
          slots_(plan, writes),
          look_ticks_(clock.ticks_of_ns(kLookNs)) {}

    void run() {
        const ThreadMeter meter;
        ramp();
        const bool lived = window();
        // A thread that only looks has time left: it is not what limits the number.
        tally_.looking_ns =
            static_cast<std::int64_t>(static_cast<double>(looking_ticks_) * clock_.ns_per_tick());
        tally_.cpu_ns = meter.cpu_ns() - tally_.looking_ns;
        tally_.wall_ns = meter.wall_ns();
        if (lived)
            tally_.little_residual = worst_residual_;
        drain();
        books_.close();
        tally_.contents = slots_.contents();
    }

  private:
    // What looking for completions may take before the thread sleeps, and how many sleeps may pass
    // without a look: 1.5 % of a CPU at most with a device that is slower than that.
    static constexpr std::int64_t kLookNs = 15 * kNanosecondsPerMicrosecond;
    static constexpr unsigned kMostSleeps = 1024;

    enum class Count { no, yes };
    enum class Refill { no, yes };

    void stage(std::uint32_t index) {
        LoopSlots::Slot& slot = slots_[index];
        source_.next(slot.operation, slots_.write_block(index));
        slot.flying = true;
        slot.holds_data = false;
        queue_.stage(index, slot.operation.offset, slot.operation.direction);
    }

    // Stamps what was staged since the last call, submits, waits, and returns the time after it. An
    // operation that the kernel did not take at once keeps its first stamp.
    std::uint64_t submit(unsigned wait_for) {
        const std::uint32_t staged = queue_.staged();
        const std::uint64_t now = clock_.ticks();
        for (std::uint32_t index = left_over_; index < staged; ++index) {
            LoopSlots::Slot& slot = slots_[queue_.staged_slot(index)];
            slot.submit_ticks = now;
            tally_.issued_writes += slot.operation.direction == Direction::write ? 1 : 0;
        }
        tally_.issued += staged - left_over_;
        // A slot idles from its reap to its next submit; only what lies inside the window matters.
        const std::uint64_t idle_from = std::max(reaped_ticks_, plan_.begin_ticks);
        const std::uint64_t idle_until = std::min(now, plan_.end_ticks);
        if (idle_from < idle_until)
            idle_ticks_ += (staged - left_over_) * (idle_until - idle_from);
        enter_and_wait(wait_for);
        left_over_ = queue_.staged();
        return clock_.ticks();
    }

    void enter(unsigned wait_for) {
        if (const int error = queue_.submit_and_wait(wait_for, kWaitSliceNs); error != 0)
            tally_.ring_errno = error;
    }

    // Looks for completions for some microseconds before it sleeps: with a fast device the next
    // one is nearer than that, and waking a thread costs the device's side more than the looking
    // costs ours. Where looking was in vain it is left out for a while, for longer each time. At
    // depth 1 the thread always sleeps, as a program that waits for one operation does; and where
    // it waits for several, since one waking then serves them all.
    void enter_and_wait(unsigned wait_for) {
        if (wait_for != 1 || plan_.depth == 1 || sleeps_left_ > 0) {
            sleeps_left_ -= sleeps_left_ > 0 ? 1 : 0;
            return enter(wait_for);
        }
        enter(0);
        if (queue_.ready() >= wait_for)
            return;
        const std::uint64_t start = clock_.ticks();
        std::uint64_t now = start;
        while (now - start < look_ticks_ && tally_.ring_errno == 0) {
            enter(0);
            now = clock_.ticks();
            if (queue_.ready() >= wait_for) {
                sleeps_ = 1;
                looking_ticks_ += now - start;
                return;
            }
        }
        looking_ticks_ += now - start;
        sleeps_ = std::min(2 * sleeps_, kMostSleeps);
        sleeps_left_ = sleeps_;
        enter(wait_for);
    }

    template <Count count, Refill refill>
    void reap(std::uint64_t now) {
        queue_.reap(plan_.batch, [&](std::uint32_t index, std::int32_t result) {
            LoopSlots::Slot& slot = slots_[index];
            const std::uint64_t latency = now - slot.submit_ticks;
            const bool is_good = result == plan_.expected_result;
            source_.done(slot.operation, is_good);
            if (is_good) [[likely]] {
                slot.holds_data = true;
                if constexpr (count == Count::yes) {
                    books_.record(slot.operation, latency, latency, now);
                    latency_ticks_ += latency;
                }
            } else {
                books_.fail(slot.operation, result);
                if constexpr (count == Count::yes)
                    latency_ticks_ += latency;
            }
            slot.flying = false;
            if constexpr (refill == Refill::yes)
                stage(index);
            else
                --flying_;
        });
        reaped_ticks_ = now;
    }

    bool must_leave(std::uint64_t now) {
        tally_.stopped = tally_.stopped || plan_.stop.stop_requested();
        tally_.hit_write_limit = tally_.issued_writes >= plan_.most_writes;
        return tally_.stopped || tally_.hit_write_limit || tally_.ring_errno != 0 ||
               now >= plan_.give_up_ticks;
    }

    // Fills the queue a batch at a time, then turns it over until the window begins.
    void ramp() {
        std::uint64_t now = clock_.ticks();
        while (flying_ < plan_.depth) {
            for (unsigned added = 0; added < plan_.batch && flying_ < plan_.depth; ++added)
                stage(flying_++);
            now = submit(0);
        }
        tally_.began_late = now > plan_.begin_ticks;
        while (now < plan_.begin_ticks && !must_leave(now)) {
            reap<Count::no, Refill::yes>(now);
            now = submit(plan_.wait_for);
        }
        now_ = now;
    }

    // Returns whether its end was reached.
    bool window() {
        std::uint64_t now = now_;
        open_ledger(plan_.begin_ticks);
        while (now <= plan_.end_ticks && !must_leave(now)) {
            if (now > slice_end_)
                close_slices(now);
            reap<Count::yes, Refill::yes>(now);
            now = submit(plan_.wait_for);
        }
        now_ = now;
        tally_.end_ticks = std::min(now, plan_.end_ticks);
        if (now <= plan_.end_ticks)
            return false;
        close_slices(plan_.end_ticks);
        settle_little(plan_.begin_ticks, plan_.end_ticks, whole_);
        return true;
    }

    // Little's law, checked over each slice and over the whole window: what the finished operations
    // took, what the slots idled, and what the unfinished ones took since they were submitted, must
    // together be the depth times the time. A slot may idle beyond a slice's end (the thread lost
    // its CPU): that was booked up to its submit, so its operation has flown for less than no time.
    struct Ledger {
        std::uint64_t latency_ticks = 0;
        std::uint64_t idle_ticks = 0;
        std::int64_t flying_ticks = 0;
    };
    Ledger ledger_at(std::uint64_t ticks) const {
        return {latency_ticks_, idle_ticks_, slots_.flying_ticks(ticks, plan_.end_ticks)};
    }
    void open_ledger(std::uint64_t begin) {
        // Nothing before `begin` was booked; a late start's idling since then was, by the ramp.
        whole_ = {0, 0, slots_.flying_ticks(begin, begin)};
        slice_ = whole_;
        slice_begin_ = begin;
        slice_end_ = plan_.slice_ticks > 0 ? begin + plan_.slice_ticks : ~std::uint64_t{0};
    }
    void close_slices(std::uint64_t now) {
        while (slice_end_ <= now) {
            settle_little(slice_begin_, slice_end_, slice_);
            slice_begin_ = slice_end_;
            slice_end_ += plan_.slice_ticks;
        }
    }
    void settle_little(std::uint64_t begin, std::uint64_t end, Ledger& since) {
        const Ledger now = ledger_at(end);
        const double seen = static_cast<double>(now.latency_ticks - since.latency_ticks) +
                            static_cast<double>(now.idle_ticks - since.idle_ticks) +
                            static_cast<double>(now.flying_ticks) -
                            static_cast<double>(since.flying_ticks);
        const double expected = static_cast<double>(plan_.depth) * static_cast<double>(end - begin);
        worst_residual_ = std::max(worst_residual_, std::abs(seen / expected - 1));
        since = now;
    }

    // Outside the clock. After a stop request it still waits a moment, so that the next round finds
    // an empty queue.
    void drain() {
        const std::uint64_t patience = clock_.ticks_of_ns(3 * kWaitSliceNs);
        const std::uint64_t stop_by = tally_.stopped ? now_ + patience : plan_.give_up_ticks;
        reap<Count::no, Refill::no>(now_);
        while (flying_ > 0 && now_ < stop_by && tally_.ring_errno == 0) {
            now_ = submit(1);
            reap<Count::no, Refill::no>(now_);
        }
        tally_.still_flying = flying_;
    }

    Queue& queue_;
    const host::Clock& clock_;
    const LoopPlan& plan_;
    LoopTally& tally_;
    OperationSource source_;
    LoopBooks books_;
    LoopSlots slots_;
    unsigned flying_ = 0;
    std::uint32_t left_over_ = 0;
    std::uint64_t now_ = 0;
    std::uint64_t reaped_ticks_ = 0;  // of the last reap; before the first, slots idle since ever
    std::uint64_t idle_ticks_ = 0;
    std::uint64_t latency_ticks_ = 0;
    const std::uint64_t look_ticks_;
    std::uint64_t looking_ticks_ = 0;
    unsigned sleeps_ = 1;  // without a look before, after the next look in vain
    unsigned sleeps_left_ = 0;
    Ledger whole_, slice_;
    std::uint64_t slice_begin_ = 0, slice_end_ = 0;
    double worst_residual_ = 0;
};

}  // namespace assay::storage
