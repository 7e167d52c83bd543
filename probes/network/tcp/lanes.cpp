#include "probes/network/tcp/lanes.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
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
Expected<void> serve_several(const Lane& lane, std::span<const Socket> sockets, Side side,
                             const Turn& turn, const std::stop_token& ended,
                             const Interrupt& interrupt) {
    const Socket poller(epoll_create1(EPOLL_CLOEXEC));
    if (!poller.is_open())
        return system_failure("make an epoll instance for TCP streams", errno);
    const std::uint32_t events = side == Side::sending ? EPOLLOUT : EPOLLIN;
    for (const std::size_t stream : lane.streams) {
        ASSAY_TRY_VOID(make_nonblocking(sockets[stream]));
        epoll_event wanted{.events = events, .data = {.u64 = stream}};
        if (epoll_ctl(poller.descriptor(), EPOLL_CTL_ADD, sockets[stream].descriptor(), &wanted) !=
            0)
            return system_failure("watch a TCP stream", errno);
    }
    std::size_t left = lane.streams.size();
    std::array<epoll_event, 64> ready{};
    while (left > 0 && !ended.stop_requested()) {
        ASSAY_TRY_VOID(interrupt.check(action_of(side)));
        const int found =
            epoll_wait(poller.descriptor(), ready.data(), static_cast<int>(ready.size()),
                       static_cast<int>(kWaitSlice.count()));
        if (found < 0 && errno != EINTR)
            return system_failure("wait for TCP streams", errno);
        for (int at = 0; at < found; ++at) {
            const auto stream =
                static_cast<std::size_t>(ready[static_cast<std::size_t>(at)].data.u64);
            ASSAY_TRY(const bool goes_on, turn(stream));
            if (goes_on)
                continue;
            --left;
            if (epoll_ctl(poller.descriptor(), EPOLL_CTL_DEL, sockets[stream].descriptor(),
                          nullptr) != 0)
                return system_failure("watch a TCP stream no more", errno);
        }
    }
    return {};
}

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
    if (lane.streams.size() > 1)
        return serve_several(lane, sockets, side, turn, ended, interrupt);
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
        ThreadUse use{.cpu_ns = 0,
                      .waited_ns = host::read_thread_wait_ns(files, runner->thread_id).value_or(0)};
        clockid_t clock{};
        timespec used{};
        // The clock of a thread that has ended says no more, or that of another thread; it has left
        // its last reading before it ended, so it is asked for that last.
        const bool told = pthread_getcpuclockid(runner->thread.native_handle(), &clock) == 0 &&
                          clock_gettime(clock, &used) == 0 && !runner->has_ended;
        use.cpu_ns = told ? nanoseconds_of(used) : runner->final_cpu_ns.load();
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
