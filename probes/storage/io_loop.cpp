#include "probes/storage/io_loop.h"

#include <sys/uio.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>

#include "engine/core/units.h"
#include "probes/storage/ring.h"

namespace assay::storage {
namespace {

// How long a sleeping thread may miss a stop request.
constexpr std::int64_t kWaitSliceNs = 20 * kNanosecondsPerMillisecond;
// What looking for completions may take before the thread sleeps, and how many sleeps may pass
// without a look: 1.5 % of a CPU at most with a device that is slower than that.
constexpr std::int64_t kLookNs = 15 * kNanosecondsPerMicrosecond;
constexpr unsigned kMostSleeps = 1024;

std::int64_t thread_cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);  // cannot fail: id constant, pointer valid
    return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec;
}

// CPU and wall time of the ramp and the window; the drain is left out.
class CpuMeter {
  public:
    void finish(LoopTally& tally) const {
        tally.cpu_ns = thread_cpu_ns() - cpu_;
        tally.wall_ns = static_cast<std::int64_t>(host::Clock::raw_nanoseconds() - wall_);
    }

  private:
    std::int64_t cpu_ = thread_cpu_ns();
    std::uint64_t wall_ = host::Clock::raw_nanoseconds();
};

class RingLoop {
  public:
    RingLoop(Ring& ring, const host::Clock& clock, const LoopPlan& plan, LoopTally& tally)
        : ring_(ring),
          clock_(clock),
          plan_(plan),
          tally_(tally),
          random_(plan.seed),
          slots_(plan.depth) {}

    void run() {
        const CpuMeter meter;
        ramp();
        const bool lived = window();
        meter.finish(tally_);
        // A thread that only looks has time left: it is not what limits the number.
        tally_.cpu_ns -=
            static_cast<std::int64_t>(static_cast<double>(looking_ticks_) * clock_.ns_per_tick());
        if (lived)
            tally_.little_residual = residual();
        drain();
        for (std::uint32_t slot = 0; slot < plan_.depth; ++slot)
            if (slots_[slot].holds_data)
                tally_.contents.push_back({slot, slots_[slot].offset});
    }

  private:
    struct Slot {
        std::uint64_t submit_ticks = 0;
        std::uint64_t offset = 0;
        bool flying = false;
        bool holds_data = false;
    };
    enum class Count { no, yes };
    enum class Refill { no, yes };

    void stage(std::uint32_t index) {
        Slot& slot = slots_[index];
        slot.offset = random_.below(plan_.blocks) * plan_.block_bytes;
        slot.flying = true;
        slot.holds_data = false;
        ring_.stage(index, slot.offset);
    }

    // Stamps what was staged since the last call, submits, waits, and returns the time after it. An
    // operation that the kernel did not take at once keeps its first stamp.
    std::uint64_t submit(unsigned wait_for) {
        const std::uint32_t staged = ring_.staged();
        const std::uint64_t now = clock_.ticks();
        for (std::uint32_t index = left_over_; index < staged; ++index)
            slots_[ring_.staged_slot(index)].submit_ticks = now;
        tally_.issued += staged - left_over_;
        // A slot idles from its reap to its next submit; only what lies inside the window matters.
        const std::uint64_t idle_from = std::max(reaped_ticks_, plan_.begin_ticks);
        const std::uint64_t idle_until = std::min(now, plan_.end_ticks);
        if (idle_from < idle_until)
            idle_ticks_ += (staged - left_over_) * (idle_until - idle_from);
        enter_and_wait(wait_for);
        left_over_ = ring_.staged();
        return clock_.ticks();
    }

    void enter(unsigned wait_for) {
        if (const int error = ring_.submit_and_wait(wait_for, kWaitSliceNs); error != 0)
            tally_.ring_errno = error;
    }

    // Looks for completions for some microseconds before it sleeps: with a fast device the next
    // one is nearer than that, and waking a thread costs the device's side more than the looking
    // costs ours. Where looking was in vain it is left out for a while, for longer each time. At
    // depth 1 the thread always sleeps, as a program that waits for one read does.
    void enter_and_wait(unsigned wait_for) {
        if (wait_for == 0 || plan_.depth == 1 || sleeps_left_ > 0) {
            sleeps_left_ -= sleeps_left_ > 0 ? 1 : 0;
            return enter(wait_for);
        }
        enter(0);
        if (ring_.ready() >= wait_for)
            return;
        const std::uint64_t start = clock_.ticks();
        std::uint64_t now = start;
        while (now - start < look_ticks_ && tally_.ring_errno == 0) {
            enter(0);
            now = clock_.ticks();
            if (ring_.ready() >= wait_for) {
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
        ring_.reap(plan_.batch, [&](std::uint32_t index, std::int32_t result) {
            Slot& slot = slots_[index];
            const std::uint64_t latency = now - slot.submit_ticks;
            if (result == plan_.expected_result) [[likely]] {
                slot.holds_data = true;
                if constexpr (count == Count::yes)
                    tally_.latency_ticks.record(latency);
            } else {
                note_failure(result);
                if constexpr (count == Count::yes)
                    failed_ticks_ += latency;
            }
            slot.flying = false;
            if constexpr (refill == Refill::yes)
                stage(index);
            else
                --flying_;
        });
        reaped_ticks_ = now;
    }

    void note_failure(std::int32_t result) {
        ++tally_.failed;
        if (result >= 0)
            ++tally_.short_transfers;
        else if (tally_.first_errno == 0)
            tally_.first_errno = -result;
    }

    bool must_leave(std::uint64_t now) {
        tally_.stopped = tally_.stopped || plan_.stop.stop_requested();
        return tally_.stopped || tally_.ring_errno != 0 || now >= plan_.give_up_ticks;
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

    // Returns whether the end was reached.
    bool window() {
        std::uint64_t now = now_;
        const std::uint64_t submitted_before = flying_ticks_at(plan_.begin_ticks, 0);
        while (now <= plan_.end_ticks && !must_leave(now)) {
            reap<Count::yes, Refill::yes>(now);
            now = submit(plan_.wait_for);
        }
        now_ = now;
        edge_ticks_ = static_cast<double>(flying_ticks_at(plan_.end_ticks, plan_.begin_ticks)) -
                      static_cast<double>(submitted_before);
        return now > plan_.end_ticks;
    }

    // Operation-ticks that the flying ones have spent between `from` and `until`.
    std::uint64_t flying_ticks_at(std::uint64_t until, std::uint64_t from) const {
        std::uint64_t sum = 0;
        for (const Slot& slot : slots_) {
            const std::uint64_t start = std::max(slot.submit_ticks, from);
            if (slot.flying && start < until)
                sum += until - start;
        }
        return sum;
    }

    double residual() const {
        const double seen = static_cast<double>(tally_.latency_ticks.sum()) +
                            static_cast<double>(failed_ticks_) + static_cast<double>(idle_ticks_) +
                            edge_ticks_;
        const double expected = static_cast<double>(plan_.depth) *
                                static_cast<double>(plan_.end_ticks - plan_.begin_ticks);
        return std::abs(seen / expected - 1);
    }

    // Outside the clock. After a stop request it still waits a moment, so that the next round finds
    // an empty ring.
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

    Ring& ring_;
    const host::Clock& clock_;
    const LoopPlan& plan_;
    LoopTally& tally_;
    Xoshiro256 random_;
    std::vector<Slot> slots_;
    unsigned flying_ = 0;
    std::uint32_t left_over_ = 0;
    std::uint64_t now_ = 0;
    std::uint64_t reaped_ticks_ = 0;  // of the last reap; before the first, slots idle since ever
    std::uint64_t idle_ticks_ = 0;
    std::uint64_t failed_ticks_ = 0;
    const std::uint64_t look_ticks_ = clock_.ticks_of_ns(kLookNs);
    std::uint64_t looking_ticks_ = 0;
    unsigned sleeps_ = 1;  // without a look before, after the next look in vain
    unsigned sleeps_left_ = 0;
    double edge_ticks_ = 0;
};

}  // namespace

void LoopTally::clear() {
    *this = LoopTally{};
}

void run_ring_loop(Ring& ring, const host::Clock& clock, const LoopPlan& plan, LoopTally& tally) {
    RingLoop(ring, clock, plan, tally).run();
}

void run_sync_loop(int file, std::byte* buffer, const host::Clock& clock, const LoopPlan& plan,
                   LoopTally& tally) {
    Xoshiro256 random(plan.seed);
    const CpuMeter meter;
    const iovec block{buffer, plan.block_bytes};
    std::optional<SlotContent> held;
    tally.began_late = clock.ticks() > plan.begin_ticks;
    while (true) {
        const std::uint64_t offset = random.below(plan.blocks) * plan.block_bytes;
        const std::uint64_t submitted = clock.ticks();
        tally.stopped = plan.stop.stop_requested();
        if (submitted > plan.end_ticks || submitted >= plan.give_up_ticks || tally.stopped)
            break;
        ++tally.issued;
        const ssize_t result = preadv2(file, &block, 1, static_cast<off_t>(offset), 0);
        const int error = result < 0 ? errno : 0;
        const std::uint64_t done = clock.ticks();
        if (result != plan.expected_result) {
            held.reset();
            ++tally.failed;
            if (result >= 0)
                ++tally.short_transfers;
            else if (tally.first_errno == 0)
                tally.first_errno = error;
            continue;
        }
        held = SlotContent{0, offset};
        if (done > plan.begin_ticks && done <= plan.end_ticks)
            tally.latency_ticks.record(done - submitted);
    }
    meter.finish(tally);
    if (held)
        tally.contents.push_back(*held);
}

}  // namespace assay::storage
