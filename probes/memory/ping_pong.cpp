#include "probes/memory/ping_pong.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/buffer.h"

namespace assay::memory {
namespace {

constexpr std::uint64_t kLooksBetweenClocks = 1024;
constexpr std::uint64_t kOver = ~std::uint64_t{0};  // no trip has this number
constexpr std::int64_t kJumpNs = 20 * kNanosecondsPerMicrosecond;

std::int64_t thread_cpu_ns() {
    timespec now{};
    // Cannot fail: the clock id is constant and the pointer valid.
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * kNanosecondsPerSecond + now.tv_nsec;
}

/// The line that goes to and fro, alone on its page.
struct Court {
    std::atomic<std::uint64_t> ball{0};
};

class Game {
  public:
    Game(const host::Clock& clock, const PingPongRequest& request, Court& court)
        : clock_(clock), request_(request), court_(court) {
        const auto left = request.deadline - std::chrono::steady_clock::now();
        const std::int64_t left_ns =
            std::max<std::int64_t>(0, std::chrono::nanoseconds(left).count());
        deadline_ = clock.ticks() + clock.ticks_of_ns(left_ns);
    }

    void serve() {
        const std::uint64_t begin = clock_.ticks();
        const std::int64_t cpu = thread_cpu_ns();
        const std::uint64_t end = begin + clock_.ticks_of_ns(request_.duration.count());
        std::uint64_t number = 0;
        std::uint64_t before = begin;
        bool answered = true;
        while (answered && before < end && !request_.stop.stop_requested()) {
            for (std::uint64_t trip = 0; answered && trip < kTripsPerSample; ++trip) {
                court_.ball.store(number + 1, std::memory_order_release);
                number += 2;
                answered = wait_for(number);
            }
            const std::uint64_t after = clock_.ticks();
            // The first batch finds the other CPU on its way here.
            if (answered && number > 2 * kTripsPerSample)
                result.samples.record(after - before);
            before = after;
        }
        court_.ball.store(kOver, std::memory_order_release);
        late_ = !answered;
        result.trips = number / 2;
        add_use(begin, cpu);
    }

    void answer() {
        const std::uint64_t begin = clock_.ticks();
        const std::int64_t cpu = thread_cpu_ns();
        std::uint64_t number = 1;
        std::uint64_t answers = 0;
        while (wait_for(number)) {
            court_.ball.store(number + 1, std::memory_order_release);
            number += 2;
            ++answers;
        }
        answers_.store(answers);
        const std::int64_t wall = ns_of(clock_.ticks() - begin);
        partner_wall_.store(wall);
        partner_cpu_.store(thread_cpu_ns() - cpu);
    }

    bool was_late() const { return late_; }
    PingPongResult finish() {
        result.answers = answers_.load();
        result.use.wall_ns += partner_wall_.load();
        result.use.cpu_ns += partner_cpu_.load();
        return std::move(result);
    }

    PingPongResult result{};

  private:
    std::int64_t ns_of(std::uint64_t ticks) const {
        return static_cast<std::int64_t>(static_cast<double>(ticks) * clock_.ns_per_tick());
    }
    void add_use(std::uint64_t begin, std::int64_t cpu) {
        result.use.wall_ns += ns_of(clock_.ticks() - begin);
        result.use.cpu_ns += thread_cpu_ns() - cpu;
        const auto typical = result.samples.quantile(0.5).value_or(0);
        const double longest = static_cast<double>(result.samples.max().value_or(0));
        const auto over = static_cast<std::int64_t>((longest - typical) * clock_.ns_per_tick());
        result.use.gap_ns += over > kJumpNs ? over : 0;
    }
    /// False once the game is over or nobody answers before the deadline.
    bool wait_for(std::uint64_t number) {
        for (std::uint64_t looks = 1;; ++looks) {
            const std::uint64_t seen = court_.ball.load(std::memory_order_acquire);
            if (seen == number)
                return true;
            if (seen == kOver)
                return false;
            if (looks % kLooksBetweenClocks == 0 &&
                (clock_.ticks() > deadline_ || request_.stop.stop_requested()))
                return false;
        }
    }

    const host::Clock& clock_;
    const PingPongRequest& request_;
    Court& court_;
    std::uint64_t deadline_ = 0;
    bool late_ = false;
    std::atomic<std::uint64_t> answers_{0};
    std::atomic<std::int64_t> partner_wall_{0}, partner_cpu_{0};
};

}  // namespace

Expected<PingPongResult> ping_pong(const host::Clock& clock, const PingPongRequest& request) {
    ASSAY_TRY(const std::unique_ptr<host::WorkerTeam> team,
              host::WorkerTeam::start(clock, {request.first_cpu, request.second_cpu}));
    ASSAY_TRY(const host::Buffer page, host::Buffer::allocate({.bytes = 1,
                                                               .pages = host::PagePreference::small,
                                                               .numa_node = request.line_node}));
    Court* court = nullptr;
    ASSAY_TRY_VOID(team->on_each([&](std::size_t worker) -> Expected<void> {
        if (worker == 0)
            court = new (page.data()) Court;
        return {};
    }));
    Game game(clock, request, *court);
    ASSAY_TRY_VOID(team->on_each([&](std::size_t worker) -> Expected<void> {
        if (worker == 0)
            game.serve();
        else
            game.answer();
        return {};
    }));
    if (request.stop.stop_requested())
        return failure(ErrorKind::interrupted, "the round was stopped on request");
    if (game.was_late())
        return failure(ErrorKind::timed_out,
                       "CPU " + std::to_string(request.second_cpu) + " did not answer CPU " +
                           std::to_string(request.first_cpu) +
                           " before the deadline; give a larger budget, or look for what keeps "
                           "that CPU busy");
    PingPongResult result = game.finish();
    if (request.line_node)
        if (const auto placement = page.placement(page.size()))
            result.placed_ratio = placement->ratio_on(*request.line_node);
    return result;
}

}  // namespace assay::memory
