#pragma once

#include <linux/aio_abi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace assay::storage {

enum class AioOperation {
    read,
    write,
    /// A write that is on stable storage when it completes (RWF_DSYNC, Linux 4.7; with FUA where
    /// the device has it, else a flush follows).
    write_dsync,
    /// fdatasync of the whole file (IOCB_CMD_FDSYNC, Linux 4.18; before that it completes with
    /// EINVAL). A kernel worker runs it, so its time holds that hop too; it covers only writes that
    /// *completed* before it was submitted, never those in flight.
    data_sync,
};

struct AioSettings {
    unsigned depth = 1;  ///< most operations in flight, at most kMostAioDepth
    int file = -1;       ///< open with O_DIRECT: without it io_submit(2) runs everything itself
    /// Where operations read to and write from: slot s owns the block number s of it. At least
    /// `depth` blocks; must outlive the queue.
    std::span<std::byte> arena;
    std::uint32_t block_bytes = 0;
    /// Read completions from the memory that the kernel shares, where its layout is the known one.
    bool read_shared_ring = true;
};
inline constexpr unsigned kMostAioDepth = 4096;

/// Linux AIO (io_setup(2)), for hosts where io_uring is refused. Owned and used by one thread; the
/// same order of calls as Ring: stage, submit_and_wait, reap.
///
/// io_submit(2) may block: where a file must allocate blocks, on a full request queue, on metadata.
/// A latency taken from before the submit holds that time, as it should.
class AioQueue {
  public:
    /// Errors: usage (depth, block or arena), unsupported (no AIO here; the file is not open for
    /// direct I/O), unavailable (fs.aio-max-nr is used up, no memory), permission.
    static Expected<AioQueue> create(const AioSettings& settings);
    AioQueue(AioQueue&& other) noexcept;
    AioQueue& operator=(AioQueue&&) = delete;
    /// Waits until the kernel has given back every operation in flight: without limit on a device
    /// that hangs.
    ~AioQueue();

    /// "linux aio, depth 32; completions from shared memory": for people and for the result file.
    std::string text() const;
    bool reads_shared_ring() const { return shared_ring_ != nullptr; }

    /// Adds one operation for the next submit. `slot` < depth comes back with its completion, and
    /// until then must not be staged again. Offset and block: multiples of the device's blocks;
    /// data_sync has neither.
    void stage(std::uint32_t slot, std::uint64_t offset, AioOperation operation) {
        iocb& entry = entries_[slot];
        const Code code = kCodes[static_cast<std::size_t>(operation)];
        entry.aio_lio_opcode = code.opcode;
        entry.aio_rw_flags = code.flags;
        entry.aio_offset = code.has_block ? static_cast<std::int64_t>(offset) : 0;
        entry.aio_nbytes = code.has_block ? block_bytes_ : 0;
        entry.aio_buf = code.has_block ? arena_address_ + std::uint64_t{slot} * block_bytes_ : 0;
        if (staged_end_ == queue_.size())
            move_staged_to_front();
        queue_[staged_end_++] = &entry;
    }
    std::uint32_t staged() const { return static_cast<std::uint32_t>(staged_end_ - staged_begin_); }
    /// Slot of the staged operation number `index`, 0 <= index < staged().
    std::uint32_t staged_slot(std::uint32_t index) const {
        return static_cast<std::uint32_t>(queue_[staged_begin_ + index]->aio_data);
    }
    std::uint32_t in_flight() const { return in_flight_; }

    /// Hands what is staged to the kernel and waits until `wait_for` completions are there (never
    /// for more than are in flight) or the time is over. Returns 0, or a positive errno that is not
    /// one of the passing ones (EINTR, EAGAIN); operations that the kernel did not take stay
    /// staged, the one that it refuses first.
    int submit_and_wait(unsigned wait_for, std::int64_t timeout_ns);

    /// Completions that wait to be reaped.
    unsigned ready() const { return buffered() + shared_ready(); }

    /// Calls `handle(slot, result)` for each completion that is there, at most `most`; result is a
    /// count of bytes (0 for data_sync) or a negative errno. Returns how many there were.
    template <class Handle>
    unsigned reap(unsigned most, Handle&& handle) {
        unsigned count = 0;
        for (; count < most && buffered_begin_ < buffered_end_; ++count)
            give(events_[buffered_begin_++], handle);
        if (count == most || shared_ready() == 0)
            return count;
        unsigned head = shared_head();
        for (unsigned waiting = shared_ready(); count < most && waiting > 0; ++count, --waiting) {
            give(shared_events()[head], handle);
            head = head + 1 == shared_size_ ? 0 : head + 1;
        }
        set_shared_head(head);
        return count;
    }

  private:
    struct Code {
        std::uint16_t opcode;
        int flags;
        bool has_block;
    };
    static const Code kCodes[];
    struct SharedRing;  ///< the head of the memory that the kernel shares

    AioQueue() = default;
    void find_shared_ring();
    unsigned shared_ready() const;
    unsigned shared_head() const;
    void set_shared_head(unsigned head);
    const io_event* shared_events() const;
    unsigned buffered() const { return buffered_end_ - buffered_begin_; }
    void move_staged_to_front();
    int submit_staged();
    int wait_in_kernel(unsigned wait_for, std::int64_t timeout_ns);

    template <class Handle>
    void give(const io_event& event, Handle&& handle) {
        --in_flight_;
        handle(static_cast<std::uint32_t>(event.data), static_cast<std::int32_t>(event.res));
    }

    aio_context_t context_ = 0;
    SharedRing* shared_ring_ = nullptr;
    unsigned shared_size_ = 0;
    std::vector<iocb> entries_;  ///< one a slot
    std::vector<iocb*> queue_;   ///< what is staged: [staged_begin_, staged_end_)
    std::size_t staged_begin_ = 0, staged_end_ = 0;
    std::vector<io_event> events_;  ///< what io_getevents(2) brought: [begin, end)
    unsigned buffered_begin_ = 0, buffered_end_ = 0;
    unsigned in_flight_ = 0;
    std::uint64_t arena_address_ = 0;
    std::uint32_t block_bytes_ = 0;
};

}  // namespace assay::storage
