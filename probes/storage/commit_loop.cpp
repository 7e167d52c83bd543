#include "probes/storage/commit_loop.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/units.h"
#include "probes/storage/loop_books.h"
#include "probes/storage/ring.h"
#include "probes/storage/thread_meter.h"

namespace assay::storage {
namespace {

/// When the parts of a commit were over, and how it ended: bytes written or minus an errno.
struct Committed {
    std::uint64_t write_ticks = 0;  ///< when the write was over; 0 = it is no step of its own
    std::uint64_t done_ticks = 0;
    std::int32_t result = 0;
};

// The way in which one writer commits; owns its ring where it needs one.
class Committer {
  public:
    Committer(std::span<std::byte> record, const host::Clock& clock, const CommitPlan& plan)
        : record_(record.first(plan.record_bytes)), clock_(clock), plan_(plan) {
        if (plan.method == CommitMethod::fdatasync)
            return;
        RingSettings settings;
        settings.depth = 2;
        settings.file = plan.file;
        settings.arena = record;
        auto made = Ring::create(settings);
        if (!made) {
            setup_errno_ = made.error().system_errno;
            return;
        }
        ring_.emplace(std::move(*made));
        ring_->prepare_transfers(plan.record_bytes, 0,
                                 plan.method == CommitMethod::dsync ? RWF_DSYNC : 0);
    }

    int setup_errno() const { return setup_errno_; }

    Committed commit(std::uint64_t offset) {
        return plan_.method == CommitMethod::fdatasync ? by_calls(offset) : by_ring(offset);
    }

  private:
    Committed by_calls(std::uint64_t offset) {
        Committed committed;
        const ssize_t written =
            pwrite(plan_.file, record_.data(), record_.size(), static_cast<off_t>(offset));
        committed.result = written < 0 ? -errno : static_cast<std::int32_t>(written);
        committed.write_ticks = clock_.ticks();
        if (committed.result == static_cast<std::int32_t>(plan_.record_bytes) &&
            fdatasync(plan_.file) != 0)
            committed.result = -errno;
        committed.done_ticks = clock_.ticks();
        return committed;
    }

    // A link never spans two submits, so both entries go at once; the first bad result counts.
    Committed by_ring(std::uint64_t offset) {
        const bool is_linked = plan_.method == CommitMethod::linked;
        const unsigned expected = is_linked ? 2 : 1;
        if (is_linked)
            ring_->stage_linked_commit(offset);
        else
            ring_->stage(0, offset, Direction::write);
        Committed committed;
        committed.result = static_cast<std::int32_t>(plan_.record_bytes);
        unsigned seen = 0;
        while (seen < expected) {
            if (const int error = ring_->submit_and_wait(expected - seen, kNanosecondsPerSecond);
                error != 0) {
                committed.result = -error;
                break;
            }
            seen += ring_->reap(expected, [&](std::uint32_t slot, std::int32_t result) {
                const std::int32_t wanted =
                    slot == Ring::kSyncSlot ? 0 : static_cast<std::int32_t>(plan_.record_bytes);
                if (result != wanted && committed.result > 0)
                    committed.result = result;
            });
        }
        committed.done_ticks = clock_.ticks();
        return committed;
    }

    const std::span<std::byte> record_;
    const host::Clock& clock_;
    const CommitPlan& plan_;
    std::optional<Ring> ring_;
    int setup_errno_ = 0;
};

}  // namespace

std::string_view name_of(CommitMethod method) {
    switch (method) {
        case CommitMethod::fdatasync:
            return "fdatasync";
        case CommitMethod::dsync:
            return "dsync";
        case CommitMethod::linked:
            return "linked";
    }
    return "fdatasync";
}

void run_commit_loop(std::span<std::byte> record, const host::Clock& clock, const CommitPlan& plan,
                     CommitTally& tally) {
    const LoopPlan& loop = plan.loop;
    LoopTally& seen = tally.loop;
    Committer committer(record, clock, plan);
    seen.ring_errno = committer.setup_errno();
    if (seen.ring_errno != 0)
        return;
    LoopBooks books(loop, seen);
    const ThreadMeter meter;
    const std::uint64_t records =
        std::max<std::uint64_t>(1, plan.stretch_bytes / plan.record_bytes);
    seen.began_late = clock.ticks() > loop.begin_ticks;
    for (std::uint64_t number = 0;; ++number) {
        const std::uint64_t now = clock.ticks();
        seen.stopped = loop.stop.stop_requested();
        seen.hit_write_limit = seen.issued_writes >= loop.most_writes;
        if (now > loop.end_ticks || now >= loop.give_up_ticks || seen.stopped ||
            seen.hit_write_limit)
            break;
        Operation operation;
        operation.direction = Direction::write;
        operation.offset = plan.first_byte + number % records * plan.record_bytes;
        operation.sequence = loop.first_sequence + number;
        // Offsets of records need not be those of sectors; what is compared later is the record.
        Payload::rewrite(record, number * record.size(), operation.sequence, Payload::Renew::words);
        const std::uint64_t begun = clock.ticks();
        ++seen.issued;
        ++seen.issued_writes;
        const Committed committed = committer.commit(operation.offset);
        if (committed.result != static_cast<std::int32_t>(plan.record_bytes)) {
            books.fail(operation, committed.result);
            break;  // after a failed sync nobody knows what the file holds
        }
        tally.last_offset = operation.offset;
        tally.has_last = true;
        if (committed.done_ticks > loop.begin_ticks && committed.done_ticks <= loop.end_ticks) {
            const std::uint64_t whole = committed.done_ticks - begun;
            const std::uint64_t sync =
                committed.write_ticks == 0 ? whole : committed.done_ticks - committed.write_ticks;
            books.record(operation, sync, sync, committed.done_ticks);
            tally.commit_ticks.record(whole);
        }
    }
    seen.end_ticks = std::min(clock.ticks(), loop.end_ticks);
    seen.cpu_ns = meter.cpu_ns();
    seen.wall_ns = meter.wall_ns();
    books.close();
}

}  // namespace assay::storage
