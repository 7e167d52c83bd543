#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/clock.h"
#include "probes/storage/io_loop.h"
#include "probes/storage/ring.h"
#include "probes/storage/settings.h"
#include "probes/storage/target.h"

namespace assay::storage {

struct WorkerSettings {
    std::shared_ptr<const Target> target;
    Engine engine = Engine::io_uring;
    Polling polling = Polling::none;
    unsigned depth = 1;             ///< the deepest that it will be asked for
    std::size_t arena_bytes = 0;    ///< the largest depth x block that it will be asked for
    bool writes = false;            ///< whether it will be asked to write
    std::optional<int> cpu;         ///< to run on; absent = where the kernel likes
    std::vector<int> allowed_cpus;  ///< for the kernel's helping threads
};

/// A thread with a ring (or blocking calls) and buffers of its own, kept for the whole workload:
/// rounds start without making anything. It belongs to the control groups of the thread that
/// started it. Where its device hangs, it is left behind with all that it uses.
class Worker {
  public:
    /// Starts the thread, which pins itself, touches its buffers and sets up its ring.
    /// Errors: of Ring::create, Buffer::allocate, Pinning; timed_out.
    static Expected<std::unique_ptr<Worker>> start(const WorkerSettings& settings,
                                                   const host::Clock& clock);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// What the engine got from the kernel: "single_issuer ...", "preadv2".
    const std::string& engine_text() const;

    /// Starts one round; `wait` must follow. The plan's depth, and its depth x block, are at most
    /// the settings'.
    void begin(const LoopPlan& plan);

    /// Waits until the round is over. The tally stays as it is until the next begin.
    /// Errors: timed_out (the device hangs; this worker is of no more use), interrupted, io (a
    /// block does not hold what was written there; the ring itself failed).
    Expected<const LoopTally*> wait(std::chrono::steady_clock::time_point deadline);

  private:
    struct State;
    explicit Worker(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace assay::storage
