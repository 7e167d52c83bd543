#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/clock.h"

namespace assay::host {

/// What the threads of a team do in a timed window, cut into blocks. Called by several workers at
/// the same time; each works on what belongs to it.
class TeamWork {
  public:
    virtual ~TeamWork() = default;
    /// Before the window and after it, on the worker's thread, outside the clock.
    virtual void enter(std::size_t /*worker*/) {}
    virtual void leave(std::size_t /*worker*/) {}
    /// One block: 20 us to 1 ms, the same work every time. Returns the units of work that it did.
    virtual std::uint64_t block(std::size_t worker) = 0;
    /// Whether a block waits on what other CPUs share (memory, caches). Its time then varies while
    /// the thread keeps its CPU, so only a block of over twice the typical time counts as a gap.
    virtual bool waits_on_shared() const { return false; }
};

struct WindowRequest {
    std::size_t workers = 1;              ///< the first so many of the team
    std::chrono::nanoseconds lead_in{};   ///< blocks at full load before the window opens
    std::chrono::nanoseconds duration{};  ///< of the window; cut short where the deadline asks
    std::chrono::steady_clock::time_point deadline;
    std::stop_token stop;
};

/// What one worker did inside the window.
struct WorkerReport {
    double units = 0;          ///< a block that spans an edge counts by its share of time
    std::uint64_t blocks = 0;  ///< that began inside the window
    std::int64_t wall_ns = 0;  ///< from just before its first block to the end of its last one
    std::int64_t cpu_ns = 0;   ///< CLOCK_THREAD_CPUTIME_ID over the same time
    std::int64_t gap_ns =
        0;  ///< by how much blocks were longer than typical, of those over 20 us longer
    std::int64_t late_ns = 0;     ///< how far after the window's opening its first block began
    std::int64_t overrun_ns = 0;  ///< how far after the window's close its last block ended
};

struct TeamReport {
    std::int64_t window_ns = 0;  ///< common to all workers
    std::vector<WorkerReport> workers;

    // Sums over the workers.
    double units() const;
    std::int64_t wall_ns() const;
    std::int64_t cpu_ns() const;
    std::int64_t gap_ns() const;
};

/// Threads that are pinned one to a CPU, wait without using it, and work in a common time window
/// when asked. The window opens and closes at the same tick for all, so their rates may be added
/// up. Destroying the team ends the threads.
class WorkerTeam {
  public:
    /// One worker a CPU, in that order. Errors: usage (a CPU that is not allowed), unavailable (no
    /// more threads).
    static Expected<std::unique_ptr<WorkerTeam>> start(const Clock& clock,
                                                       const std::vector<int>& cpus);
    virtual ~WorkerTeam() = default;
    virtual std::size_t size() const = 0;

    /// Runs `task` on every worker at the same time and waits for all: the task itself keeps
    /// deadlines and heeds stop requests. The first error wins, by worker number.
    virtual Expected<void> on_each(const std::function<Expected<void>(std::size_t)>& task) = 0;

    /// One timed window. Leaves within a block of a stop request.
    /// Errors: interrupted, timed_out (the deadline leaves no window), usage (more workers than the
    /// team has).
    virtual Expected<TeamReport> run(TeamWork& work, const WindowRequest& request) = 0;
};

}  // namespace assay::host
