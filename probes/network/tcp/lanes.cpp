#include "probes/network/tcp/lanes.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <set>
#include <system_error>

#include "engine/core/units.h"
#include "engine/host/thread_wait.h"
#include "probes/network/tcp/connection.h"

namespace assay::network::tcp {
namespace {

std::uint64_t nanoseconds_of(const timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * kNanosecondsPerSecond +
           static_cast<std::uint64_t>(time.tv_nsec);
}

std::string_view action_of(Side side) {
    return side == Side::sending ? "send TCP streams" : "receive TCP streams";
}

/// A lane of several streams: level-triggered, so the kernel hands the ready ones out in turn.
class Several {
  public:
    static Expected<Several> of(const Lane& lane, std::span<const Socket> sockets, Side side) {
        Several several(sockets, side);
        if (!several.poller_.is_open())
            return system_failure("make an epoll instance for TCP streams", errno);
        const std::uint32_t events = side == Side::sending ? EPOLLOUT : EPOLLIN;
        for (const std::size_t stream : lane.streams) {
            ASSAY_TRY_VOID(make_nonblocking(sockets[stream]));
            epoll_event wanted{.events = events, .data = {.u64 = stream}};
            if (epoll_ctl(several.poller_.descriptor(), EPOLL_CTL_ADD, sockets[stream].descriptor(),
                          &wanted) != 0)
                return system_failure("watch a TCP stream", errno);
            several.left_.insert(stream);
        }
        return several;
    }

    Expected<void> serve(const Turn& turn, const std::stop_token& ended,
                         const Interrupt& interrupt) {
        SteadyTime looked = std::chrono::steady_clock::now();
        while (!left_.empty() && !ended.stop_requested()) {
            ASSAY_TRY_VOID(interrupt.check(action_of(side_)));
            ASSAY_TRY(const std::vector<std::size_t> ready, wait());
            for (const std::size_t stream : ready) {
                ASSAY_TRY_VOID(take_turn(stream, turn));
            }
            const SteadyTime now = std::chrono::steady_clock::now();
            if (side_ == Side::sending || now - looked < kWaitSlice)
                continue;
            looked = now;
            // What a stream has received below its wake level makes nobody ready.
            for (const std::size_t stream : std::vector(left_.begin(), left_.end())) {
                ASSAY_TRY_VOID(take_turn(stream, turn));
            }
        }
        return {};
    }

  private:
    Several(std::span<const Socket> sockets, Side side)
        : sockets_(sockets), side_(side), poller_(epoll_create1(EPOLL_CLOEXEC)) {}

    Expected<std::vector<std::size_t>> wait() const {
        std::array<epoll_event, 64> events{};
        const int found =
            epoll_wait(poller_.descriptor(), events.data(), static_cast<int>(events.size()),
                       static_cast<int>(kWaitSlice.count()));
        if (found < 0 && errno != EINTR)
            return system_failure("wait for TCP streams", errno);
        std::vector<std::size_t> ready;
        for (int at = 0; at < found; ++at)
            ready.push_back(
                static_cast<std::size_t>(events[static_cast<std::size_t>(at)].data.u64));
        return ready;
    }

    Expected<void> take_turn(std::size_t stream, const Turn& turn) {
        ASSAY_TRY(const bool goes_on, turn(stream));
        if (goes_on)
            return {};
        left_.erase(stream);
        if (epoll_ctl(poller_.descriptor(), EPOLL_CTL_DEL, sockets_[stream].descriptor(),
                      nullptr) != 0)
            return system_failure("watch a TCP stream no more", errno);
        return {};
    }

    std::span<const Socket> sockets_;
    Side side_;
    Socket poller_;
    std::set<std::size_t> left_;
};

}  // namespace

std::vector<Lane> lanes_for(std::size_t streams, const host::Topology& topology) {
    const std::size_t cpus = std::max<std::size_t>(1, topology.allowed_cpus().size());
    const std::size_t threads = std::min(streams, cpus);
    std::vector<Lane> lanes(threads);
    for (std::size_t stream = 0; stream < streams; ++stream)
        lanes[stream % threads].streams.push_back(stream);
    return lanes;
}

Expected<void> serve(const Lane& lane, std::span<const Socket> sockets, Side side, const Turn& turn,
                     const std::stop_token& ended, const Interrupt& interrupt) {
    if (lane.streams.size() > 1) {
        ASSAY_TRY(Several several, Several::of(lane, sockets, side));
        return several.serve(turn, ended, interrupt);
    }
    while (!ended.stop_requested()) {
        ASSAY_TRY_VOID(interrupt.check(action_of(side)));
        ASSAY_TRY(const bool goes_on, turn(lane.streams.front()));
        if (!goes_on)
            break;
    }
    return {};
}

LaneTeam::~LaneTeam() {
    // All are told before any is waited for, so that leaving takes one slice, not one a lane.
    request_stop();
}

Expected<void> LaneTeam::start(const std::vector<Lane>& lanes, const Work& work) {
    try {
        for (const Lane& lane : lanes) {
            runners_.push_back(std::make_unique<Runner>());
            Runner& runner = *runners_.back();
            runner.lane = lane;
            runner.thread = std::jthread([&runner, work](const std::stop_token& ended) {
                runner.thread_id = gettid();
                runner.outcome = work(runner.lane, ended);
                timespec used{};
                if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0)
                    runner.final_cpu_ns = nanoseconds_of(used);
                runner.has_ended = true;
            });
        }
    } catch (const std::system_error& error) {
        return failure(ErrorKind::unavailable, "start a thread for TCP streams",
                       error.code().value());
    }
    return {};
}

bool LaneTeam::all_ended() const {
    return std::ranges::all_of(runners_,
                               [](const auto& runner) { return runner->has_ended.load(); });
}

std::vector<ThreadUse> LaneTeam::use(const host::Files& files) const {
    std::vector<ThreadUse> all;
    for (const auto& runner : runners_) {
        // The kernel forgets at once how long a thread waited that has ended.
        if (!runner->has_ended)
            runner->waited_ns = std::max(
                runner->waited_ns, host::read_thread_wait_ns(files, runner->thread_id).value_or(0));
        ThreadUse use{.cpu_ns = 0, .waited_ns = runner->waited_ns};
        clockid_t clock{};
        timespec used{};
        // The clock of a thread that has ended says no more, or that of another thread; it has left
        // its last reading before it ended, so it is asked for that last.
        const bool told = pthread_getcpuclockid(runner->thread.native_handle(), &clock) == 0 &&
                          clock_gettime(clock, &used) == 0 && !runner->has_ended;
        // Between its last reading and its end a thread goes on for some microseconds.
        runner->cpu_ns =
            std::max(runner->cpu_ns, told ? nanoseconds_of(used) : runner->final_cpu_ns.load());
        use.cpu_ns = runner->cpu_ns;
        all.push_back(use);
    }
    return all;
}

void LaneTeam::request_stop() {
    for (const auto& runner : runners_)
        runner->thread.request_stop();
}

Expected<void> LaneTeam::join() {
    for (const auto& runner : runners_)
        if (runner->thread.joinable())
            runner->thread.join();
    for (const auto& runner : runners_) {
        ASSAY_TRY_VOID(runner->outcome);
    }
    return {};
}

}  // namespace assay::network::tcp
