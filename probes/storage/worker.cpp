#include "probes/storage/worker.h"

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include "engine/host/affinity.h"
#include "engine/host/buffer.h"
#include "probes/storage/aio_queue.h"

namespace assay::storage {
namespace {

// Setting up takes milliseconds; only a machine in deep trouble needs longer.
constexpr auto kStartPatience = std::chrono::seconds(10);
// After this a thread that does not end is stuck in the kernel.
constexpr auto kLeavePatience = std::chrono::seconds(1);

}  // namespace

struct Worker::State {
    enum class Phase { starting, idle, working, leaving, gone };

    State(const WorkerSettings& given, const host::Clock& given_clock)
        : settings(given), clock(given_clock) {}

    void serve();
    Expected<void> work(Ring* ring, const host::Buffer& arena);
    Expected<void> work_with_aio(const host::Buffer& arena);
    Expected<void> try_aio(const host::Buffer& arena);
    Expected<void> check_contents(const host::Buffer& arena) const;
    void become(Phase next) {
        const std::lock_guard lock(mutex);
        phase = next;
        changed.notify_all();
    }

    const WorkerSettings settings;
    const host::Clock clock;
    std::thread thread;

    std::mutex mutex;
    std::condition_variable changed;
    Phase phase = Phase::starting;  // guarded by mutex; what follows belongs to whom it names
    Expected<void> outcome;         // the thread's while working, the owner's while idle
    std::string engine_text;
    LoopPlan plan;
    LoopTally tally;
};

Expected<void> Worker::State::check_contents(const host::Buffer& arena) const {
    const Payload* payload = settings.target->payload.get();
    if (payload == nullptr)
        return {};
    for (const SlotContent& content : tally.contents) {
        if (content.direction != Direction::read)
            continue;
        const auto block =
            arena.bytes().subspan(std::size_t{content.slot} * plan.block_bytes, plan.block_bytes);
        if (const auto wrong = payload->first_wrong_sector(block, content.offset))
            return failure(ErrorKind::io, settings.target->path + " does not hold at byte " +
                                              std::to_string(*wrong) +
                                              " what was written there; do not trust this device "
                                              "with data");
    }
    return {};
}

// A queue of its own for each round, since a queue's block size is fixed. The slots' blocks to
// write from lie right behind those that reads land in, which differs from round to round.
Expected<void> Worker::State::work_with_aio(const host::Buffer& arena) {
    const std::size_t used = std::size_t{plan.depth} * plan.block_bytes;
    AioSettings aio;
    aio.depth = settings.writes ? 2 * plan.depth : plan.depth;
    aio.file = settings.target->file.number();
    aio.arena = arena.bytes();
    aio.block_bytes = plan.block_bytes;
    ASSAY_TRY(AioQueue queue, AioQueue::create(aio));
    const auto writes =
        settings.writes ? arena.bytes().subspan(used, used) : std::span<std::byte>{};
    if (settings.writes)
        settings.target->payload->fill(writes, 0, 0);
    run_aio_loop(queue, writes, clock, plan, tally);
    return {};
}

Expected<void> Worker::State::work(Ring* ring, const host::Buffer& arena) {
    tally.clear();
    const std::size_t used = std::size_t{plan.depth} * plan.block_bytes;
    const auto writes = settings.writes ? arena.bytes().subspan(settings.arena_bytes, used)
                                        : std::span<std::byte>{};
    if (settings.engine == Engine::aio) {
        ASSAY_TRY_VOID(work_with_aio(arena));
    } else if (ring != nullptr) {
        ring->prepare_transfers(plan.block_bytes, settings.arena_bytes, plan.write_flags);
        run_ring_loop(*ring, writes, clock, plan, tally);
    } else {
        run_sync_loop(settings.target->file.number(), arena.bytes().first(plan.block_bytes), writes,
                      clock, plan, tally);
    }
    if (tally.stopped)
        return failure(ErrorKind::interrupted, "interrupted during a round of storage tests");
    if (tally.ring_errno != 0)
        return failure(ErrorKind::io, "the kernel refused to go on with the ring",
                       tally.ring_errno);
    if (tally.still_flying != 0)
        return failure(ErrorKind::timed_out, std::to_string(tally.still_flying) +
                                                 " operations on " + settings.target->path +
                                                 " never came back; the device hangs, look into "
                                                 "the kernel log (dmesg)");
    return check_contents(arena);
}

// Whether a queue can be had at all, before the first round asks for one.
Expected<void> Worker::State::try_aio(const host::Buffer& arena) {
    AioSettings aio;
    aio.depth = settings.writes ? 2 * settings.depth : settings.depth;
    aio.file = settings.target->file.number();
    aio.arena = arena.bytes();
    aio.block_bytes = static_cast<std::uint32_t>(settings.arena_bytes / settings.depth);
    ASSAY_TRY(const AioQueue queue, AioQueue::create(aio));
    engine_text = queue.text();
    return {};
}

void Worker::State::serve() {
    std::optional<host::Pinning> pinning;
    if (settings.cpu) {
        auto pinned = host::Pinning::to_cpu(*settings.cpu);
        if (!pinned) {
            outcome = std::unexpected(pinned.error());
            return become(Phase::gone);
        }
        pinning.emplace(std::move(*pinned));
    }
    auto arena = host::Buffer::allocate({settings.arena_bytes * (settings.writes ? 2 : 1),
                                         host::PagePreference::huge, std::nullopt});
    if (!arena) {
        outcome = std::unexpected(arena.error());
        return become(Phase::gone);
    }
    std::memset(arena->data(), 0, settings.arena_bytes);
    if (settings.writes)
        settings.target->payload->fill(
            arena->bytes().subspan(settings.arena_bytes, settings.arena_bytes), 0, 0);
    std::optional<Ring> ring;
    engine_text = "preadv2, pwritev2";
    if (settings.engine == Engine::io_uring) {
        RingSettings ring_settings;
        ring_settings.depth = settings.depth;
        ring_settings.file = settings.target->file.number();
        ring_settings.arena = arena->bytes();
        ring_settings.polling = settings.polling;
        ring_settings.kernel_thread_cpus = settings.allowed_cpus;
        auto made = Ring::create(ring_settings);
        if (!made) {
            outcome = std::unexpected(made.error());
            return become(Phase::gone);
        }
        ring.emplace(std::move(*made));
        engine_text = ring->facts().text();
    }
    if (settings.engine == Engine::aio)
        if (outcome = try_aio(*arena); !outcome)
            return become(Phase::gone);
    become(Phase::idle);
    while (true) {
        {
            std::unique_lock lock(mutex);
            // No deadline: an idle worker waits for its owner, which always ends it.
            changed.wait(lock, [&] { return phase == Phase::working || phase == Phase::leaving; });
            if (phase == Phase::leaving)
                break;
        }
        outcome = work(ring ? &*ring : nullptr, *arena);
        const std::lock_guard lock(mutex);
        if (phase == Phase::leaving || tally.still_flying != 0)
            break;
        phase = Phase::idle;
        changed.notify_all();
    }
    become(Phase::gone);
}

Worker::Worker(std::shared_ptr<State> state) : state_(std::move(state)) {}

Expected<std::unique_ptr<Worker>> Worker::start(const WorkerSettings& settings,
                                                const host::Clock& clock) {
    auto state = std::make_shared<State>(settings, clock);
    try {
        state->thread = std::thread([state] { state->serve(); });
    } catch (const std::system_error& refused) {
        return failure(ErrorKind::unavailable,
                       "cannot start a storage thread (see ulimit -u and the pids control group)",
                       refused.code().value());
    }
    std::unique_ptr<Worker> worker(new Worker(state));
    std::unique_lock lock(state->mutex);
    if (!state->changed.wait_for(lock, kStartPatience,
                                 [&] { return state->phase != State::Phase::starting; }))
        return failure(ErrorKind::timed_out, "a storage thread did not start in 10 s");
    if (state->phase == State::Phase::gone)
        return std::unexpected(state->outcome.error());
    return worker;
}

Worker::~Worker() {
    std::unique_lock lock(state_->mutex);
    if (state_->phase != State::Phase::gone)
        state_->phase = State::Phase::leaving;
    state_->changed.notify_all();
    const bool ended = state_->changed.wait_for(
        lock, kLeavePatience, [&] { return state_->phase == State::Phase::gone; });
    // A thread that is stuck in the kernel, or will be when it closes a ring with reads under way,
    // keeps its share of the state alive by itself.
    const bool is_free = ended && state_->tally.still_flying == 0;
    lock.unlock();
    if (is_free)
        state_->thread.join();
    else
        state_->thread.detach();
}

const std::string& Worker::engine_text() const {
    return state_->engine_text;
}

void Worker::begin(const LoopPlan& plan) {
    const std::lock_guard lock(state_->mutex);
    if (state_->phase != State::Phase::idle)
        return;
    state_->plan = plan;
    state_->phase = State::Phase::working;
    state_->changed.notify_all();
}

Expected<const LoopTally*> Worker::wait(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(state_->mutex);
    const bool ended = state_->changed.wait_until(
        lock, deadline, [&] { return state_->phase != State::Phase::working; });
    if (!ended)
        return failure(ErrorKind::timed_out,
                       "an operation on " + state_->settings.target->path +
                           " never came back; the device hangs, look into the kernel log (dmesg)");
    if (!state_->outcome)
        return std::unexpected(state_->outcome.error());
    return &state_->tally;
}

}  // namespace assay::storage
