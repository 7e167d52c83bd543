#include "engine/host/worker_team.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "engine/core/units.h"
#include "engine/host/affinity.h"

namespace assay::host {
namespace {

constexpr std::int64_t kJumpNs = 20 * kNanosecondsPerMicrosecond;
constexpr std::int64_t kShortestWindowNs = kNanosecondsPerMillisecond;
/// From the last worker's arrival to the opening: enough for the others to see the tick.
constexpr std::int64_t kOpeningDelayNs = 20 * kNanosecondsPerMicrosecond;

std::int64_t thread_cpu_ns() {
    timespec now{};
    // Cannot fail: the clock id is constant and the pointer valid.
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * kNanosecondsPerSecond + now.tv_nsec;
}

void pause_briefly() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

/// The durations of a worker's last blocks before the window; their median is what is typical.
class RecentBlocks {
  public:
    void add(std::uint64_t ticks) { ticks_[count_++ % ticks_.size()] = ticks; }
    std::optional<std::uint64_t> median() const {
        const std::size_t held = std::min(count_, ticks_.size());
        if (held == 0)
            return std::nullopt;
        auto sorted = ticks_;
        const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(held / 2);
        std::nth_element(sorted.begin(), middle,
                         sorted.begin() + static_cast<std::ptrdiff_t>(held));
        return *middle;
    }

  private:
    std::array<std::uint64_t, 32> ticks_{};
    std::size_t count_ = 0;
};

/// One timed window as all its workers see it.
class Window {
  public:
    Window(const Clock& clock, TeamWork& work, const WindowRequest& request)
        : clock_(clock),
          work_(work),
          request_(request),
          ns_per_tick_(clock.ns_per_tick()),
          jump_ticks_(ticks_of(kJumpNs)),
          reports_(request.workers) {
        const auto left = request.deadline - std::chrono::steady_clock::now();
        const std::uint64_t now = clock.ticks();
        deadline_ =
            now + ticks_of(std::max<std::int64_t>(0, std::chrono::nanoseconds(left).count()));
    }

    Expected<void> serve(std::size_t worker) {
        work_.enter(worker);
        arrive();
        if (wait_for_opening())
            work(worker);
        work_.leave(worker);
        if (request_.stop.stop_requested())
            return failure(ErrorKind::interrupted, "the round was stopped on request");
        if (abandoned_.load())
            return failure(ErrorKind::timed_out,
                           "the round found no time before its deadline; give a larger budget");
        return {};
    }

    TeamReport report() const {
        return {.window_ns = nanoseconds_of(close_ - opening_), .workers = reports_};
    }

  private:
    std::uint64_t ticks_of(std::int64_t nanoseconds) const {
        return static_cast<std::uint64_t>(static_cast<double>(nanoseconds) / ns_per_tick_);
    }
    std::int64_t nanoseconds_of(std::uint64_t ticks) const {
        return static_cast<std::int64_t>(static_cast<double>(ticks) * ns_per_tick_);
    }

    // The last to arrive sets the window, so that nobody is still waking up when it opens.
    void arrive() {
        if (arrived_.fetch_add(1) + 1 != request_.workers)
            return;
        opening_ = clock_.ticks() + ticks_of(kOpeningDelayNs + request_.lead_in.count());
        const std::uint64_t wanted = opening_ + ticks_of(request_.duration.count());
        close_ = std::min(wanted, deadline_);
        if (close_ < opening_ + ticks_of(kShortestWindowNs) && close_ < wanted)
            abandoned_.store(true);
        agreed_.store(true, std::memory_order_release);
    }

    bool wait_for_opening() {
        while (!agreed_.load(std::memory_order_acquire)) {
            if (request_.stop.stop_requested())
                return false;
            if (clock_.ticks() > deadline_) {
                abandoned_.store(true);
                return false;
            }
            pause_briefly();
        }
        return !abandoned_.load();
    }

    /// Full load until shortly before the opening: caches, page tables and the clock rate are then
    /// what they will be inside. Returns the typical duration of a block.
    std::uint64_t lead_in(std::size_t worker) {
        RecentBlocks recent;
        std::uint64_t last = 0;
        std::uint64_t before = clock_.ticks();
        while (before + last < opening_ && !request_.stop.stop_requested()) {
            work_.block(worker);
            const std::uint64_t after = clock_.ticks();
            last = after - before;
            recent.add(last);
            before = after;
        }
        return recent.median().value_or(last);
    }

    void work(std::size_t worker) {
        const std::uint64_t typical = lead_in(worker);
        WorkerReport report;
        const std::uint64_t wall_begin = clock_.ticks();
        const std::int64_t cpu_begin = thread_cpu_ns();
        std::uint64_t before = clock_.ticks();
        while (before < opening_) {
            pause_briefly();
            before = clock_.ticks();
        }
        report.late_ns = nanoseconds_of(before - opening_);
        const std::uint64_t longest = typical * (work_.waits_on_shared() ? 2 : 1) + jump_ticks_;
        std::uint64_t gap_ticks = before - opening_ > jump_ticks_ ? before - opening_ : 0;
        while (before < close_ && !request_.stop.stop_requested()) {
            const auto units = static_cast<double>(work_.block(worker));
            const std::uint64_t after = clock_.ticks();
            const std::uint64_t took = std::max<std::uint64_t>(1, after - before);
            report.units += after <= close_ ? units
                                            : units * static_cast<double>(close_ - before) /
                                                  static_cast<double>(took);
            ++report.blocks;
            if (took > longest)
                gap_ticks += took - typical;
            before = after;
        }
        report.cpu_ns = thread_cpu_ns() - cpu_begin;
        report.wall_ns = nanoseconds_of(clock_.ticks() - wall_begin);
        report.gap_ns = nanoseconds_of(gap_ticks);
        report.overrun_ns = before > close_ ? nanoseconds_of(before - close_) : 0;
        reports_[worker] = report;
    }

    const Clock& clock_;
    TeamWork& work_;
    const WindowRequest& request_;
    const double ns_per_tick_;
    const std::uint64_t jump_ticks_;
    std::uint64_t deadline_ = 0;
    std::atomic<std::size_t> arrived_{0};
    std::atomic<bool> agreed_{false};
    std::atomic<bool> abandoned_{false};
    // Written by the last to arrive before `agreed_`, read by all after it.
    std::uint64_t opening_ = 0;
    std::uint64_t close_ = 0;
    std::vector<WorkerReport> reports_;  ///< each worker writes its own row
};

class PinnedTeam final : public WorkerTeam {
  public:
    PinnedTeam(const Clock& clock, const std::vector<int>& cpus)
        : clock_(clock), cpus_(cpus), outcomes_(cpus.size()) {}

    Expected<void> launch() {
        try {
            for (std::size_t worker = 0; worker < cpus_.size(); ++worker)
                threads_.emplace_back(
                    [this, worker](const std::stop_token& quit) { live(worker, quit); });
        } catch (const std::system_error& refused) {
            return failure(ErrorKind::unavailable,
                           "start " + std::to_string(cpus_.size()) +
                               " threads: the system refused after " +
                               std::to_string(threads_.size()) +
                               "; raise the limit (ulimit -u, pids.max) or use fewer --threads",
                           refused.code().value());
        }
        return on_each([](std::size_t) { return Expected<void>(); });
    }

    std::size_t size() const override { return cpus_.size(); }

    Expected<void> on_each(const std::function<Expected<void>(std::size_t)>& task) override {
        return dispatch(cpus_.size(), task);
    }

    Expected<TeamReport> run(TeamWork& work, const WindowRequest& request) override {
        if (request.workers == 0 || request.workers > cpus_.size())
            return failure(ErrorKind::usage, "a window for " + std::to_string(request.workers) +
                                                 " threads: the team has " +
                                                 std::to_string(cpus_.size()));
        Window window(clock_, work, request);
        ASSAY_TRY_VOID(
            dispatch(request.workers, [&](std::size_t worker) { return window.serve(worker); }));
        return window.report();
    }

  private:
    using Task = std::function<Expected<void>(std::size_t)>;

    // Waits for the workers without a deadline of its own: they watch theirs between blocks, and
    // leaving one behind would let it use memory that its owner gives back.
    Expected<void> dispatch(std::size_t workers, const Task& task) {
        std::unique_lock lock(mutex_);
        task_ = &task;
        invited_ = workers;
        busy_ = workers;
        ++generation_;
        called_.notify_all();
        finished_.wait(lock, [this] { return busy_ == 0; });
        task_ = nullptr;
        for (std::size_t worker = 0; worker < workers; ++worker)
            if (!outcomes_[worker])
                return outcomes_[worker];
        return {};
    }

    void live(std::size_t worker, const std::stop_token& quit) {
        const Expected<Pinning> pinning = Pinning::to_cpu(cpus_[worker]);
        std::uint64_t served = 0;
        std::unique_lock lock(mutex_);
        while (called_.wait(lock, quit, [&] { return generation_ != served; })) {
            served = generation_;
            if (worker >= invited_)
                continue;
            const Task& task = *task_;
            lock.unlock();
            Expected<void> outcome =
                pinning ? task(worker) : Expected<void>(std::unexpected(pinning.error()));
            lock.lock();
            outcomes_[worker] = std::move(outcome);
            if (--busy_ == 0)
                finished_.notify_one();
        }
    }

    const Clock clock_;  ///< shares the calibration of the one it was made from
    const std::vector<int> cpus_;
    std::mutex mutex_;
    std::condition_variable_any called_;
    std::condition_variable finished_;
    const Task* task_ = nullptr;
    std::size_t invited_ = 0, busy_ = 0;
    std::uint64_t generation_ = 0;
    std::vector<Expected<void>> outcomes_;
    std::vector<std::jthread> threads_;  ///< last, so that they end before what they use
};

template <class Number>
Number sum_over(const std::vector<WorkerReport>& workers, Number WorkerReport::*member) {
    Number sum{};
    for (const WorkerReport& worker : workers)
        sum += worker.*member;
    return sum;
}

}  // namespace

double TeamReport::units() const {
    return sum_over(workers, &WorkerReport::units);
}
std::int64_t TeamReport::wall_ns() const {
    return sum_over(workers, &WorkerReport::wall_ns);
}
std::int64_t TeamReport::cpu_ns() const {
    return sum_over(workers, &WorkerReport::cpu_ns);
}
std::int64_t TeamReport::gap_ns() const {
    return sum_over(workers, &WorkerReport::gap_ns);
}

Expected<std::unique_ptr<WorkerTeam>> WorkerTeam::start(const Clock& clock,
                                                        const std::vector<int>& cpus) {
    if (cpus.empty())
        return failure(ErrorKind::usage, "a team of threads needs at least one CPU");
    auto team = std::make_unique<PinnedTeam>(clock, cpus);
    ASSAY_TRY_VOID(team->launch());
    return std::unique_ptr<WorkerTeam>(std::move(team));
}

}  // namespace assay::host
