#include "probes/storage/aio_queue.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <utility>

#include "engine/core/units.h"

namespace assay::storage {
namespace {

constexpr unsigned kKnownMagic = 0xa10a10a1;
// An io_submit(2) that takes nothing has no free request; completions must be reaped first.
constexpr bool is_passing(int system_errno) {
    return system_errno == EAGAIN || system_errno == EINTR;
}

std::unexpected<Error> setup_failure(int system_errno) {
    switch (system_errno) {
        case EAGAIN:
            return failure(ErrorKind::unavailable,
                           "all of this host's asynchronous requests are taken; raise sysctl "
                           "fs.aio-max-nr, or use --engine sync",
                           system_errno);
        case ENOSYS:
            return failure(ErrorKind::unsupported,
                           "this kernel has no asynchronous I/O (CONFIG_AIO), or the container "
                           "hides it; use --engine sync",
                           system_errno);
        case EPERM:
        case EACCES:
            return failure(ErrorKind::permission,
                           "asynchronous I/O is forbidden here (the container's seccomp profile); "
                           "allow it, or use --engine sync",
                           system_errno);
        default:
            return system_failure("set up asynchronous I/O", system_errno);
    }
}

Expected<void> check(const AioSettings& settings) {
    if (settings.depth == 0 || settings.depth > kMostAioDepth)
        return failure(ErrorKind::usage, "a queue's depth is 1 to " +
                                             std::to_string(kMostAioDepth) + ", not " +
                                             std::to_string(settings.depth));
    if (settings.block_bytes == 0 || settings.arena.size() / settings.block_bytes < settings.depth)
        return failure(ErrorKind::usage, "a queue of depth " + std::to_string(settings.depth) +
                                             " needs as many blocks of memory; " +
                                             std::to_string(settings.arena.size()) +
                                             " B are not enough for blocks of " +
                                             std::to_string(settings.block_bytes) + " B");
    const int flags = fcntl(settings.file, F_GETFL);
    if (flags < 0)
        return system_failure("look at the file for asynchronous I/O", errno);
    // Without it the kernel does each operation inside of io_submit(2), one after the other: the
    // depth would be a lie.
    if ((flags & O_DIRECT) == 0)
        return failure(ErrorKind::unsupported,
                       "asynchronous I/O needs a file that is open for direct I/O; use --engine "
                       "sync");
    return {};
}

}  // namespace

const AioQueue::Code AioQueue::kCodes[] = {
    {IOCB_CMD_PREAD, 0, true},
    {IOCB_CMD_PWRITE, 0, true},
    {IOCB_CMD_PWRITE, RWF_DSYNC, true},
    {IOCB_CMD_FDSYNC, 0, false},
};

// As in the kernel's fs/aio.c; the address of this memory is the context's own number. The kernel
// moves `tail`, and `head` is whoever's takes completions: ours, or the kernel's in
// io_getevents(2).
struct AioQueue::SharedRing {
    unsigned id;
    unsigned size;
    unsigned head;
    unsigned tail;
    unsigned magic;
    unsigned compatible_features;
    unsigned incompatible_features;
    unsigned header_bytes;
};

Expected<AioQueue> AioQueue::create(const AioSettings& settings) {
    ASSAY_TRY_VOID(check(settings));
    AioQueue queue;
    if (syscall(SYS_io_setup, settings.depth, &queue.context_) != 0) {
        const int error = errno;
        queue.context_ = 0;
        return setup_failure(error);
    }
    queue.arena_address_ = std::bit_cast<std::uintptr_t>(settings.arena.data());
    queue.block_bytes_ = settings.block_bytes;
    queue.entries_.resize(settings.depth);
    for (std::uint32_t slot = 0; slot < settings.depth; ++slot) {
        queue.entries_[slot].aio_data = slot;
        queue.entries_[slot].aio_fildes = static_cast<std::uint32_t>(settings.file);
    }
    queue.queue_.resize(settings.depth);
    queue.events_.resize(settings.depth);
    if (settings.read_shared_ring)
        queue.find_shared_ring();
    return queue;
}

AioQueue::AioQueue(AioQueue&& other) noexcept
    : context_(std::exchange(other.context_, 0)),
      shared_ring_(std::exchange(other.shared_ring_, nullptr)),
      shared_size_(other.shared_size_),
      entries_(std::move(other.entries_)),
      queue_(std::move(other.queue_)),
      staged_begin_(std::exchange(other.staged_begin_, 0)),
      staged_end_(std::exchange(other.staged_end_, 0)),
      events_(std::move(other.events_)),
      buffered_begin_(std::exchange(other.buffered_begin_, 0)),
      buffered_end_(std::exchange(other.buffered_end_, 0)),
      in_flight_(std::exchange(other.in_flight_, 0)),
      arena_address_(other.arena_address_),
      block_bytes_(other.block_bytes_) {}

AioQueue::~AioQueue() {
    // EINVAL, its only error here, would say that the context is gone already.
    if (context_ != 0)
        (void)syscall(SYS_io_destroy, context_);
}

std::string AioQueue::text() const {
    return "linux aio; completions from " +
           std::string(reads_shared_ring() ? "shared memory" : "io_getevents");
}

void AioQueue::find_shared_ring() {
    auto* ring = std::bit_cast<SharedRing*>(static_cast<std::uintptr_t>(context_));
    if (ring->magic == kKnownMagic && ring->incompatible_features == 0 &&
        ring->header_bytes == sizeof(SharedRing) && ring->size > entries_.size()) {
        shared_ring_ = ring;
        shared_size_ = ring->size;
    }
}

unsigned AioQueue::shared_ready() const {
    if (shared_ring_ == nullptr)
        return 0;
    // Acquire: the event is whole once the tail has moved past it.
    const unsigned tail = std::atomic_ref(shared_ring_->tail).load(std::memory_order_acquire);
    const unsigned head = shared_head();
    return tail >= head ? tail - head : tail + shared_size_ - head;
}

unsigned AioQueue::shared_head() const {
    return std::atomic_ref(shared_ring_->head).load(std::memory_order_relaxed);
}

// Release: the kernel may write over an event only after it was read.
void AioQueue::set_shared_head(unsigned head) {
    std::atomic_ref(shared_ring_->head).store(head, std::memory_order_release);
}

const io_event* AioQueue::shared_events() const {
    return std::bit_cast<const io_event*>(shared_ring_ + 1);
}

void AioQueue::move_staged_to_front() {
    std::copy(queue_.begin() + static_cast<std::ptrdiff_t>(staged_begin_),
              queue_.begin() + static_cast<std::ptrdiff_t>(staged_end_), queue_.begin());
    staged_end_ -= staged_begin_;
    staged_begin_ = 0;
}

// The kernel may take fewer than it is given: none is lost, and the next round offers the rest.
int AioQueue::submit_staged() {
    while (staged_begin_ < staged_end_) {
        const long taken =
            syscall(SYS_io_submit, context_, staged_end_ - staged_begin_, &queue_[staged_begin_]);
        if (taken < 0 && errno == EINTR)
            continue;
        if (taken < 0)
            return errno;
        if (taken == 0)
            return EAGAIN;
        staged_begin_ += static_cast<std::size_t>(taken);
        in_flight_ += static_cast<unsigned>(taken);
    }
    staged_begin_ = staged_end_ = 0;
    return 0;
}

// io_getevents(2) takes what it finds, so it comes to rest in our buffer until it is reaped.
int AioQueue::wait_in_kernel(unsigned wait_for, std::int64_t timeout_ns) {
    std::copy(events_.begin() + buffered_begin_, events_.begin() + buffered_end_, events_.begin());
    buffered_end_ -= buffered_begin_;
    buffered_begin_ = 0;
    const unsigned room = static_cast<unsigned>(events_.size()) - buffered_end_;
    if (room == 0)
        return 0;
    const unsigned least = wait_for > buffered_end_ ? std::min(wait_for - buffered_end_, room) : 0u;
    timespec timeout{timeout_ns / kNanosecondsPerSecond, timeout_ns % kNanosecondsPerSecond};
    const long came =
        syscall(SYS_io_getevents, context_, least, room, events_.data() + buffered_end_, &timeout);
    if (came < 0)
        return errno;
    buffered_end_ += static_cast<unsigned>(came);
    return 0;
}

int AioQueue::submit_and_wait(unsigned wait_for, std::int64_t timeout_ns) {
    const int refused = submit_staged();
    if (refused != 0 && !is_passing(refused))
        return refused;
    const unsigned enough = std::min(wait_for, in_flight_);
    if (shared_ring_ != nullptr && ready() >= enough)
        return 0;
    const int error = wait_in_kernel(enough, std::max<std::int64_t>(timeout_ns, 0));
    return is_passing(error) ? 0 : error;
}

}  // namespace assay::storage
