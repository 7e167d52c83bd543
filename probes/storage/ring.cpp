#include "probes/storage/ring.h"

#include <poll.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <string_view>
#include <utility>

#include "engine/core/units.h"

namespace assay::storage {
namespace {

struct Rung {
    RingRung rung;
    std::string_view name;
    unsigned flags;
};

// IORING_SETUP_NO_SQARRAY is left out on purpose: older liburing writes through the array's offset,
// which is then the ring's own header.
constexpr unsigned kSized = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
constexpr unsigned kSubmitAll = kSized | IORING_SETUP_SUBMIT_ALL;
constexpr unsigned kCoop = kSubmitAll | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
constexpr unsigned kDefer = kSubmitAll | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                            IORING_SETUP_TASKRUN_FLAG;
constexpr std::array<Rung, kRingRungs> kLadder{{
    {RingRung::defer_taskrun, "single_issuer defer_taskrun", kDefer},
    {RingRung::single_issuer, "single_issuer coop_taskrun", kCoop | IORING_SETUP_SINGLE_ISSUER},
    {RingRung::coop_taskrun, "coop_taskrun", kCoop},
    {RingRung::submit_all, "submit_all", kSubmitAll},
    {RingRung::sized_queue, "cqsize", kSized},
    {RingRung::plain, "no flags", 0},
}};

// The kernel's submitting thread sleeps after so long without work; a round keeps it awake.
constexpr unsigned kSubmitThreadIdleMs = 50;

std::unexpected<Error> setup_failure(int system_errno) {
    switch (system_errno) {
        case EPERM:
        case EACCES:
            return failure(ErrorKind::permission,
                           "io_uring is forbidden here (sysctl kernel.io_uring_disabled, or the "
                           "container's seccomp profile); allow it, or use --engine sync",
                           system_errno);
        case ENOSYS:
            return failure(ErrorKind::unsupported,
                           "this kernel has no io_uring, or the container hides it; use --engine "
                           "sync",
                           system_errno);
        case ENOMEM:
            return failure(ErrorKind::unavailable,
                           "the kernel has no memory for an io_uring; raise RLIMIT_MEMLOCK "
                           "(ulimit -l), or use a smaller --depth",
                           system_errno);
        default:
            return system_failure("set up an io_uring", system_errno);
    }
}

unsigned flags_of(const Rung& rung, Polling polling) {
    switch (polling) {
        case Polling::none:
            return rung.flags;
        case Polling::iopoll:
            return rung.flags | IORING_SETUP_IOPOLL;
        case Polling::sqpoll:
            // The kernel's thread does what these flags would leave to ours.
            return (rung.flags & ~(IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                                   IORING_SETUP_DEFER_TASKRUN)) |
                   IORING_SETUP_SQPOLL;
    }
    return rung.flags;
}

bool is_passing(int system_errno) {
    return system_errno == ETIME || system_errno == EINTR || system_errno == EAGAIN ||
           system_errno == EBUSY;
}

}  // namespace

std::string RingFacts::text() const {
    std::string text(kLadder[static_cast<std::size_t>(rung)].name);
    std::string registered;
    const std::array<std::pair<bool, std::string_view>, 3> parts{
        {{ring_registered, "ring"}, {file_registered, "file"}, {arena_registered, "buffer"}}};
    for (const auto& [is_registered, name] : parts)
        if (is_registered)
            registered.append(registered.empty() ? "" : ", ").append(name);
    if (polling != Polling::none)
        text += " " + std::string(name_of(polling));
    return text + "; registered " + (registered.empty() ? "nothing" : registered);
}

std::string_view name_of(Polling polling) {
    switch (polling) {
        case Polling::none:
            return "none";
        case Polling::iopoll:
            return "iopoll";
        case Polling::sqpoll:
            return "sqpoll";
    }
    return "none";
}

Expected<Ring> Ring::create(const RingSettings& settings) {
    if (settings.depth == 0 || settings.depth > kMostRingDepth)
        return failure(ErrorKind::usage, "a ring's depth is 1 to " +
                                             std::to_string(kMostRingDepth) + ", not " +
                                             std::to_string(settings.depth));
    Ring ring;
    if (const auto error = ring.set_up(settings))
        return setup_failure(*error);
    ring.entries_ = ring.ring_.sq.sqes;
    ring.entry_mask_ = ring.ring_.sq.ring_entries - 1;
    // Entry i is always announced as entry i, so the indirection array is written once, here.
    if (ring.ring_.sq.array != nullptr)
        for (unsigned index = 0; index <= ring.entry_mask_; ++index)
            ring.ring_.sq.array[index] = index;
    ring.register_everything(settings);
    ring.prepare_no_operations();
    return ring;
}

// Tries the ladder from the settings' first rung on; the errno that ended it, or nullopt.
std::optional<int> Ring::set_up(const RingSettings& settings) {
    int last_errno = EINVAL;
    for (const Rung& rung : kLadder) {
        if (rung.rung < settings.first_rung)
            continue;
        io_uring_params params{};
        params.flags = flags_of(rung, settings.polling);
        params.sq_thread_idle = kSubmitThreadIdleMs;
        // Twice the depth, so that the completion queue can never overflow.
        const unsigned entries = std::bit_ceil(settings.depth);
        if ((rung.flags & IORING_SETUP_CQSIZE) != 0)
            params.cq_entries = 2 * entries;
        const int status = io_uring_queue_init_params(entries, &ring_, &params);
        if (status == 0) {
            owns_ = true;
            facts_.rung = rung.rung;
            facts_.polling = settings.polling;
            waits_with_timeout_ = (params.features & IORING_FEAT_EXT_ARG) != 0;
            return std::nullopt;
        }
        last_errno = -status;
        if (last_errno != EINVAL)
            break;
    }
    return last_errno;
}

// Each registration saves work for every operation, and each may be refused (RLIMIT_MEMLOCK, an old
// kernel); the ring works without, and `facts` says so.
void Ring::register_everything(const RingSettings& settings) {
    if (io_uring_register_ring_fd(&ring_) == 1) {
        facts_.ring_registered = true;
        enter_flags_ |= IORING_ENTER_REGISTERED_RING;
    }
    if (!settings.kernel_thread_cpus.empty()) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        for (const int cpu : settings.kernel_thread_cpus)
            if (cpu >= 0 && cpu < CPU_SETSIZE)
                CPU_SET(cpu, &cpus);
        // Before Linux 5.14 there is no such choice, and nothing to say about it.
        (void)io_uring_register_iowq_aff(&ring_, sizeof cpus, &cpus);
    }
    file_ = settings.file;
    if (settings.file >= 0)
        facts_.file_registered = io_uring_register_files(&ring_, &settings.file, 1) == 0;
    arena_address_ = std::bit_cast<std::uintptr_t>(settings.arena.data());
    if (!settings.arena.empty() && settings.register_arena) {
        const iovec arena{settings.arena.data(), settings.arena.size()};
        facts_.arena_registered = io_uring_register_buffers(&ring_, &arena, 1) == 0;
    }
}

Ring::Ring(Ring&& other) noexcept
    : ring_(other.ring_),
      owns_(std::exchange(other.owns_, false)),
      waits_with_timeout_(other.waits_with_timeout_),
      entries_(other.entries_),
      entry_mask_(other.entry_mask_),
      staged_tail_(other.staged_tail_),
      submitted_tail_(other.submitted_tail_),
      enter_flags_(other.enter_flags_),
      arena_address_(other.arena_address_),
      block_bytes_(other.block_bytes_),
      ways_(other.ways_),
      file_(other.file_),
      facts_(other.facts_) {}

Ring::~Ring() {
    if (owns_)
        io_uring_queue_exit(&ring_);
}

void Ring::fill_entries(const io_uring_sqe& model) {
    std::fill_n(entries_, entry_mask_ + 1, model);
}

void Ring::prepare_transfers(std::uint32_t block_bytes, std::uint64_t writes_at_bytes,
                             int write_flags) {
    const bool is_fixed = facts_.arena_registered;
    ways_ = {Way{static_cast<std::uint8_t>(is_fixed ? IORING_OP_READ_FIXED : IORING_OP_READ), 0,
                 arena_address_},
             Way{static_cast<std::uint8_t>(is_fixed ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE),
                 write_flags, arena_address_ + writes_at_bytes}};
    io_uring_sqe model{};
    model.fd = facts_.file_registered ? 0 : file_;
    model.flags = facts_.file_registered ? IOSQE_FIXED_FILE : std::uint8_t{0};
    model.len = block_bytes;
    block_bytes_ = block_bytes;
    fill_entries(model);
}

void Ring::stage_linked_commit(std::uint64_t offset) {
    io_uring_sqe& write = entries_[staged_tail_ & entry_mask_];
    const auto target_flags = write.flags & IOSQE_FIXED_FILE;
    stage(0, offset, Direction::write);
    write.len = static_cast<std::uint32_t>(block_bytes_);
    write.flags = static_cast<std::uint8_t>(target_flags | IOSQE_IO_LINK);
    io_uring_sqe& sync = entries_[staged_tail_ & entry_mask_];
    const std::int32_t target = sync.fd;
    sync = {};
    sync.opcode = IORING_OP_FSYNC;
    sync.fd = target;
    sync.flags = static_cast<std::uint8_t>(target_flags);
    sync.fsync_flags = IORING_FSYNC_DATASYNC;
    sync.user_data = kSyncSlot;
    ++staged_tail_;
}

void Ring::prepare_no_operations() {
    io_uring_sqe model{};
    model.fd = -1;
    block_bytes_ = 0;
    ways_ = {};
    fill_entries(model);
}

int Ring::submit_and_wait(unsigned wait_for, std::int64_t timeout_ns) {
    io_uring_smp_store_release(ring_.sq.ktail, staged_tail_);
    if (facts_.polling == Polling::sqpoll)
        return wait_beside_the_submitter(wait_for, timeout_ns);
    int status = 0;
    if (waits_with_timeout_) {
        __kernel_timespec timeout{timeout_ns / kNanosecondsPerSecond,
                                  timeout_ns % kNanosecondsPerSecond};
        io_uring_getevents_arg argument{};
        argument.ts = std::bit_cast<std::uintptr_t>(&timeout);
        status = io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), staged(), wait_for,
                                 enter_flags_ | IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG,
                                 std::bit_cast<sigset_t*>(&argument), sizeof argument);
    } else {
        status = wait_without_timeout_argument(wait_for, timeout_ns);
    }
    if (status >= 0) {
        submitted_tail_ += static_cast<unsigned>(status);
        return 0;
    }
    return is_passing(-status) ? 0 : -status;
}

// The kernel's thread takes what is published; it is only called when it sleeps.
int Ring::wait_beside_the_submitter(unsigned wait_for, std::int64_t timeout_ns) {
    submitted_tail_ = staged_tail_;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    unsigned flags = enter_flags_ | IORING_ENTER_EXT_ARG;
    const bool is_asleep = (IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_NEED_WAKEUP) != 0;
    if (is_asleep)
        flags |= IORING_ENTER_SQ_WAKEUP;
    const bool must_wait = wait_for > ready();
    if (!is_asleep && !must_wait)
        return 0;
    if (must_wait)
        flags |= IORING_ENTER_GETEVENTS;
    __kernel_timespec timeout{timeout_ns / kNanosecondsPerSecond,
                              timeout_ns % kNanosecondsPerSecond};
    io_uring_getevents_arg argument{};
    argument.ts = std::bit_cast<std::uintptr_t>(&timeout);
    const int status =
        io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), 0, must_wait ? wait_for : 0,
                        flags, std::bit_cast<sigset_t*>(&argument), sizeof argument);
    return status >= 0 || is_passing(-status) ? 0 : -status;
}

// Kernels before 5.11 cannot wait with a timeout, but their ring can be polled for a completion.
int Ring::wait_without_timeout_argument(unsigned wait_for, std::int64_t timeout_ns) {
    const int status = io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), staged(), 0,
                                       enter_flags_ | IORING_ENTER_GETEVENTS, nullptr, _NSIG / 8);
    if (status < 0 || wait_for == 0 || io_uring_cq_ready(&ring_) > 0)
        return status;
    pollfd ready{ring_.ring_fd, POLLIN, 0};
    const int timeout_ms = static_cast<int>(timeout_ns / kNanosecondsPerMillisecond) + 1;
    if (poll(&ready, 1, timeout_ms) < 0 && errno != EINTR)
        return -errno;
    return status;
}

}  // namespace assay::storage
