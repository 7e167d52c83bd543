#pragma once

#include <liburing.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "probes/storage/io_loop.h"

namespace assay::storage {

/// The set-up flags from the newest kernel's to none; each rung is tried until the kernel takes it.
/// Errno decides, never the kernel's version: distributions backport.
enum class RingRung {
    defer_taskrun,  ///< 6.1: completions run when we ask, in our thread
    single_issuer,  ///< 6.0
    coop_taskrun,   ///< 5.19
    submit_all,     ///< 5.18
    sized_queue,    ///< 5.5
    plain,          ///< 5.1
};
inline constexpr int kRingRungs = 6;

/// Who looks for completions. IOPOLL asks the device's own polled queues, which only NVMe has, and
/// only where the driver was told to (nvme.poll_queues); SQPOLL lets a thread of the kernel submit,
/// which takes a CPU of its own.
enum class Polling { none, iopoll, sqpoll };
std::string_view name_of(Polling polling);  ///< "none", "iopoll", "sqpoll"

struct RingSettings {
    unsigned depth = 1;  ///< most operations in flight, at most kMostRingDepth
    RingRung first_rung = RingRung::defer_taskrun;
    int file = -1;  ///< -1 for a ring that only does no-operations
    /// Where reads land and writes come from. Must outlive the ring. Registered as one buffer.
    std::span<std::byte> arena;
    Polling polling = Polling::none;
    bool register_arena = true;
    /// Where the kernel's own threads may run the reads that a device cannot take without blocking.
    /// Empty = only where the creating thread may run, which is one CPU if that is pinned.
    std::vector<int> kernel_thread_cpus;
};
inline constexpr unsigned kMostRingDepth = 4096;

/// What the kernel granted.
struct RingFacts {
    RingRung rung = RingRung::plain;
    bool ring_registered = false;
    bool file_registered = false;
    bool arena_registered = false;
    Polling polling = Polling::none;
    /// "defer_taskrun; registered ring, file, buffer": for people and for the result file.
    std::string text() const;
};

/// One io_uring, owned and used by one thread: create it in the thread that submits, since
/// IORING_SETUP_SINGLE_ISSUER ties it to that one.
///
/// Entries of the submission queue are filled once with everything that stays the same; an
/// operation then writes only its offset, address and slot. Source: io_uring_setup(2),
/// io_uring_enter(2).
class Ring {
  public:
    /// Errors: permission (EPERM: seccomp or kernel.io_uring_disabled), unsupported (ENOSYS),
    /// unavailable (ENOMEM), each with its errno.
    static Expected<Ring> create(const RingSettings& settings);
    Ring(Ring&& other) noexcept;
    Ring& operator=(Ring&&) = delete;
    ~Ring();

    const RingFacts& facts() const { return facts_; }

    /// Makes every entry a transfer of `block_bytes` between the file and the arena. Slot i reads
    /// into block i of the arena and writes from block i after `writes_at_bytes`. `write_flags` are
    /// those of pwritev2(2), RWF_DSYNC for instance.
    void prepare_transfers(std::uint32_t block_bytes, std::uint64_t writes_at_bytes,
                           int write_flags = 0);
    /// Makes every entry a no-operation: what the ring itself costs.
    void prepare_no_operations();

    /// Adds one operation for the next submit. The caller keeps at most `depth` in flight.
    /// `slot` comes back with the completion and says which block of the arena is used.
    void stage(std::uint32_t slot, std::uint64_t offset, Direction direction) {
        const Way& way = ways_[static_cast<std::size_t>(direction)];
        io_uring_sqe& entry = entries_[staged_tail_ & entry_mask_];
        entry.opcode = way.opcode;
        entry.rw_flags = way.flags;
        entry.off = offset;
        entry.addr = way.address + std::uint64_t{slot} * block_bytes_;
        entry.user_data = slot;
        ++staged_tail_;
    }

    /// Adds a write of slot 0's block and an fdatasync that follows it, the second only if the
    /// first was whole. Both complete, with slots 0 and kSyncSlot; a sync that was not done has the
    /// result -ECANCELED. For a ring of a depth of 2 or more, with nothing else staged.
    void stage_linked_commit(std::uint64_t offset);
    static constexpr std::uint32_t kSyncSlot = ~std::uint32_t{0};

    std::uint32_t staged() const { return staged_tail_ - submitted_tail_; }
    /// Slot of the staged operation number `index`, 0 <= index < staged().
    std::uint32_t staged_slot(std::uint32_t index) const {
        return static_cast<std::uint32_t>(
            entries_[(submitted_tail_ + index) & entry_mask_].user_data);
    }

    /// Hands what is staged to the kernel and waits until `wait_for` completions are there or the
    /// time is over. Returns 0, or a positive errno that is not one of the passing ones (ETIME,
    /// EINTR, EAGAIN, EBUSY); operations that the kernel did not take stay staged.
    int submit_and_wait(unsigned wait_for, std::int64_t timeout_ns);

    /// Completions that wait to be reaped. With deferred work only a submit makes new ones appear.
    unsigned ready() const { return io_uring_smp_load_acquire(ring_.cq.ktail) - *ring_.cq.khead; }

    /// Calls `handle(slot, result)` for each completion that is there, at most `most`; result is a
    /// count of bytes or a negative errno. Returns how many there were.
    template <class Handle>
    unsigned reap(unsigned most, Handle&& handle) {
        const unsigned first = *ring_.cq.khead;
        const unsigned waiting = ready();
        const unsigned count = waiting < most ? waiting : most;
        for (unsigned index = first; index != first + count; ++index) {
            const io_uring_cqe& entry = ring_.cq.cqes[index & ring_.cq.ring_mask];
            handle(static_cast<std::uint32_t>(entry.user_data), entry.res);
        }
        io_uring_cq_advance(&ring_, count);
        return count;
    }

  private:
    Ring() = default;
    /// What differs between a read and a write.
    struct Way {
        std::uint8_t opcode = IORING_OP_NOP;
        int flags = 0;
        std::uint64_t address = 0;  ///< of slot 0's block
    };
    std::optional<int> set_up(const RingSettings& settings);
    void register_everything(const RingSettings& settings);
    void fill_entries(const io_uring_sqe& model);
    int wait_beside_the_submitter(unsigned wait_for, std::int64_t timeout_ns);
    int wait_without_timeout_argument(unsigned wait_for, std::int64_t timeout_ns);

    io_uring ring_{};
    bool owns_ = false;
    bool waits_with_timeout_ = false;
    io_uring_sqe* entries_ = nullptr;
    unsigned entry_mask_ = 0;
    unsigned staged_tail_ = 0;
    unsigned submitted_tail_ = 0;
    unsigned enter_flags_ = 0;
    std::uint64_t arena_address_ = 0;
    std::uint64_t block_bytes_ = 0;
    std::array<Way, kDirections> ways_;
    int file_ = -1;
    RingFacts facts_;
};

}  // namespace assay::storage
