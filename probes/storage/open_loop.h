#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/core/units.h"
#include "engine/host/exact_timers.h"
#include "probes/storage/io_loop.h"
#include "probes/storage/loop_books.h"
#include "probes/storage/loop_slots.h"
#include "probes/storage/thread_meter.h"

namespace assay::storage {

/// Operations that come at a set rate, evenly spaced, whatever became of the ones before: as users
/// come, who do not wait for each other. Where all slots are taken an operation waits here, and its
/// response time goes on from when it was due. The schedule is never reset.
template <class Queue>
class OpenLoop {
  public:
    OpenLoop(Queue& queue, std::span<std::byte> writes, const host::Clock& clock,
             const LoopPlan& plan, LoopTally& tally)
        : queue_(queue),
          clock_(clock),
          plan_(plan),
          tally_(tally),
          source_(plan),
          books_(plan, tally),
          slots_(plan, writes),
          due_count_(static_cast<std::uint64_t>(std::llround(
              static_cast<double>(plan.end_ticks - plan.begin_ticks) / plan.interval_ticks))),
          least_spin_ticks_(clock.ticks_of_ns(kLeastSpinNs)),
          most_spin_ticks_(clock.ticks_of_ns(kMostSpinNs)),
          spin_ticks_(least_spin_ticks_) {
        for (std::uint32_t index = slots_.count(); index > 0; --index)
            free_.push_back(index - 1);
    }

    void run() {
        const host::ExactTimers exact;
        wait_for_begin();
        const ThreadMeter meter;
        std::uint64_t now = clock_.ticks();
        tally_.began_late = now > due_ticks(1);
        while (!must_leave(now) && now <= plan_.end_ticks && next_ < due_count_) {
            stage_what_is_due(now);
            now = submit_and_reap(now);
        }
        tally_.never_issued = due_count_ - next_;
        tally_.end_ticks = plan_.end_ticks;
        tally_.looking_ns =
            static_cast<std::int64_t>(static_cast<double>(spun_ticks_) * clock_.ns_per_tick());
        tally_.cpu_ns = meter.cpu_ns() - tally_.looking_ns;
        tally_.wall_ns = meter.wall_ns();
        drain(now);
        books_.close();
        tally_.contents = slots_.contents();
    }

  private:
    // A sleep is over late: by 50 us on bare metal, by 150 us where a hypervisor has to bring the
    // CPU back. That must not count as response, so the last stretch is spent awake; how long it
    // has to be is learned from sleep to sleep.
    static constexpr std::int64_t kLeastSpinNs = 60 * kNanosecondsPerMicrosecond;
    static constexpr std::int64_t kMostSpinNs = kNanosecondsPerMillisecond;

    std::uint64_t due_ticks(std::uint64_t number) const {
        return plan_.begin_ticks +
               static_cast<std::uint64_t>(static_cast<double>(number) * plan_.interval_ticks);
    }

    void wait_for_begin() {
        std::uint64_t now = clock_.ticks();
        while (now < plan_.begin_ticks && !plan_.stop.stop_requested()) {
            const std::uint64_t left = plan_.begin_ticks - now;
            const bool sleeps = left > 2 * spin_ticks_;
            const std::int64_t sleep = sleeps ? sleep_ns(left) : 0;
            if (sleeps)
                (void)queue_.submit_and_wait(1, sleep);
            const std::uint64_t after = clock_.ticks();
            if (sleeps)
                learn_lateness(now, sleep, after);
            now = after;
        }
    }

    std::int64_t sleep_ns(std::uint64_t left_ticks) const {
        const double ns = static_cast<double>(left_ticks - spin_ticks_) * clock_.ns_per_tick();
        return std::min(kWaitSliceNs, static_cast<std::int64_t>(ns));
    }

    // A late sleep widens the stretch at once, and a timely one narrows it a little.
    void learn_lateness(std::uint64_t before, std::int64_t sleep, std::uint64_t after) {
        const std::uint64_t wanted = before + clock_.ticks_of_ns(sleep);
        const std::uint64_t late = after > wanted ? after - wanted : 0;
        const std::uint64_t needed =
            std::clamp(late + late / 4, least_spin_ticks_, most_spin_ticks_);
        spin_ticks_ =
            needed > spin_ticks_ ? needed : spin_ticks_ - (spin_ticks_ - needed) / kNarrowing;
    }
    static constexpr std::uint64_t kNarrowing = 32;

    void stage_what_is_due(std::uint64_t now) {
        unsigned added = 0;
        for (; next_ < due_count_ && !free_.empty() && added < plan_.batch; ++added) {
            const std::uint64_t due = due_ticks(next_);
            if (due > now)
                break;
            const std::uint32_t index = free_.back();
            free_.pop_back();
            LoopSlots::Slot& slot = slots_[index];
            source_.next(slot.operation, slots_.write_block(index));
            slot.due_ticks = due;
            slot.flying = true;
            slot.holds_data = false;
            tally_.issued_writes += slot.operation.direction == Direction::write ? 1 : 0;
            queue_.stage(index, slot.operation.offset, slot.operation.direction);
            ++next_;
            ++flying_;
        }
        tally_.issued += added;
        if (next_ < due_count_ && due_ticks(next_) <= now) {
            const double due = static_cast<double>(now - plan_.begin_ticks) / plan_.interval_ticks;
            const auto waiting = static_cast<std::uint64_t>(due) + 1 - next_;
            tally_.most_backlog = std::max(tally_.most_backlog, waiting + flying_);
        } else {
            tally_.most_backlog = std::max<std::uint64_t>(tally_.most_backlog, flying_);
        }
    }

    std::uint64_t submit_and_reap(std::uint64_t now) {
        stamp(clock_.ticks());
        const bool is_more_due = next_ < due_count_ && due_ticks(next_) <= now && !free_.empty();
        unsigned wait_for = 0;
        std::int64_t sleep = 0;
        if (!is_more_due) {
            // Without a free slot only a completion helps; else the next start is what counts.
            const std::uint64_t until = free_.empty() || next_ >= due_count_
                                            ? now + 10 * least_spin_ticks_ + 2 * spin_ticks_
                                            : due_ticks(next_);
            if (until > now + 2 * spin_ticks_) {
                wait_for = 1;
                sleep = sleep_ns(until - now);
            }
        }
        enter(wait_for, sleep);
        const std::uint64_t after = clock_.ticks();
        if (reap(after) == 0) {
            if (wait_for == 0)
                spun_ticks_ += after - now;
            else
                learn_lateness(now, sleep, after);
        }
        return after;
    }

    void stamp(std::uint64_t now) {
        for (std::uint32_t index = left_over_; index < queue_.staged(); ++index)
            slots_[queue_.staged_slot(index)].submit_ticks = now;
    }

    void enter(unsigned wait_for, std::int64_t sleep) {
        if (const int error = queue_.submit_and_wait(wait_for, sleep); error != 0)
            tally_.ring_errno = error;
        left_over_ = queue_.staged();
    }

    unsigned reap(std::uint64_t now) {
        const unsigned found =
            queue_.reap(plan_.batch, [&](std::uint32_t index, std::int32_t result) {
                LoopSlots::Slot& slot = slots_[index];
                const bool is_good = result == plan_.expected_result;
                source_.done(slot.operation, is_good);
                slot.holds_data = is_good;
                if (is_good) {
                    const std::uint64_t response = now - slot.due_ticks;
                    books_.record(slot.operation, now - slot.submit_ticks, response, now);
                    tally_.response_ticks.record(response);
                } else {
                    books_.fail(slot.operation, result);
                }
                slot.flying = false;
                free_.push_back(index);
                --flying_;
            });
        if (found > 0)
            tally_.last_done_ticks = now;
        return found;
    }

    bool must_leave(std::uint64_t now) {
        tally_.stopped = tally_.stopped || plan_.stop.stop_requested();
        tally_.hit_write_limit = tally_.issued_writes >= plan_.most_writes;
        return tally_.stopped || tally_.hit_write_limit || tally_.ring_errno != 0 ||
               now >= plan_.give_up_ticks;
    }

    void drain(std::uint64_t now) {
        const std::uint64_t patience = clock_.ticks_of_ns(3 * kWaitSliceNs);
        const std::uint64_t stop_by = tally_.stopped ? now + patience : plan_.give_up_ticks;
        while (flying_ > 0 && now < stop_by && tally_.ring_errno == 0) {
            tally_.stopped = tally_.stopped || plan_.stop.stop_requested();
            enter(1, kWaitSliceNs);
            now = clock_.ticks();
            reap(now);
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
    std::vector<std::uint32_t> free_;
    const std::uint64_t due_count_;  // operations due in the window
    std::uint64_t next_ = 0;         // number of the next one
    const std::uint64_t least_spin_ticks_, most_spin_ticks_;
    std::uint64_t spin_ticks_;  // what is spent awake before an operation is due
    std::uint64_t spun_ticks_ = 0;
    unsigned flying_ = 0;
    std::uint32_t left_over_ = 0;
};

}  // namespace assay::storage
