#include "probes/network/tcp/receiving_end.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>
#include <utility>

#include "probes/network/tcp/connection.h"
#include "probes/network/tcp/sending_end.h"
#include "probes/network/tcp/wake_level.h"

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::string_view kAction = "receive TCP streams";

std::unexpected<Error> silence() {
    return failure(ErrorKind::io,
                   "receive TCP streams: not one byte came for 5 s; the link is down, a firewall "
                   "drops the streams, or the other host has stopped");
}

/// Seconds, or a quarter of a short window.
nanoseconds series_interval(nanoseconds window) {
    return std::min<nanoseconds>(std::chrono::seconds(1), window / 4);
}

}  // namespace

struct alignas(64) ReceivingEnd::Stream {
    std::atomic<std::uint64_t> bytes = 0;  // written by the lane's thread only
};

std::uint64_t ReceivingEnd::Look::bytes() const {
    return std::accumulate(stream_bytes.begin(), stream_bytes.end(), std::uint64_t{0});
}

ReceivingEnd::ReceivingEnd(std::vector<Socket> sockets, const Wishes& wishes, std::uint64_t key)
    : sockets_(std::move(sockets)),
      streams_(new Stream[sockets_.size()]),
      wishes_(wishes),
      key_(key) {}
ReceivingEnd::~ReceivingEnd() = default;

std::uint64_t ReceivingEnd::received_bytes() const {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < sockets_.size(); ++at)
        sum += streams_[at].bytes.load(std::memory_order_relaxed);
    return sum;
}

Expected<void> ReceivingEnd::receive(const Lane& lane, const std::stop_token& ended,
                                     const Interrupt& interrupt) {
    const bool copies = wishes_.mode == Mode::goodput;
    std::vector<std::byte> buffer(copies ? Payload::kBlockBytes : 0);
    PayloadSampler sampler(key_);
    std::vector<WakeLevel> levels(sockets_.size());  // of this lane's streams
    const Turn turn = [&](std::size_t at) -> Expected<bool> {
        auto& count = streams_[at].bytes;
        const std::uint64_t before = count.load(std::memory_order_relaxed);
        ASSAY_TRY(const Transfer moved, copies
                                            ? receive_some(sockets_[at], buffer)
                                            : discard_some(sockets_[at], 4 * Payload::kBlockBytes));
        if (moved.end)
            return false;
        count.store(before + moved.bytes, std::memory_order_relaxed);
        levels[at].note(sockets_[at], moved.bytes, steady_clock::now());
        if (copies && moved.bytes > 0)
            sampler.look_at(before, std::span(buffer).first(moved.bytes));
        return true;
    };
    const auto outcome = serve(lane, sockets_, Side::receiving, turn, ended, interrupt);
    samples_.checked_bytes += sampler.checked_bytes();
    samples_.wrong += sampler.wrong_samples();
    return outcome;
}

ReceivingEnd::Look ReceivingEnd::look(const LaneTeam& team) const {
    Look now{.at = steady_clock::now(), .stream_bytes = {}, .uses = {}};
    now.stream_bytes.reserve(sockets_.size());
    for (std::size_t at = 0; at < sockets_.size(); ++at)
        now.stream_bytes.push_back(streams_[at].bytes.load(std::memory_order_relaxed));
    now.uses = team.use(*files_);
    return now;
}

std::optional<nanoseconds> ReceivingEnd::rtt() const {
    const auto info = connection_info(sockets_.front());
    if (!info)
        return std::nullopt;
    return nanoseconds(std::max(info->rtt_ns, info->receiver_rtt_ns.value_or(0)));
}

Expected<void> ReceivingEnd::wait_for_first_byte(const LaneTeam& team,
                                                 const std::stop_token& finish,
                                                 const Interrupt& interrupt) const {
    const SteadyTime began = steady_clock::now();
    while (received_bytes() == 0 && !team.all_ended() && !finish.stop_requested()) {
        ASSAY_TRY_VOID(interrupt.check(kAction));
        if (steady_clock::now() - began > kSilence)
            return silence();
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    return {};
}

Expected<void> ReceivingEnd::ramp_up(const LaneTeam& team, SteadyTime began, ReceiverReport& report,
                                     const std::stop_token& finish,
                                     const Interrupt& interrupt) const {
    std::vector<Arrived> samples{{nanoseconds(0), received_bytes()}};
    const SteadyTime latest = began + wishes_.longest_ramp;
    while (!team.all_ended() && !finish.stop_requested()) {
        const nanoseconds window = settling_window(wishes_.longest_ramp, rtt());
        const SteadyTime next = std::min(
            latest, steady_clock::now() + std::max<nanoseconds>(window / 4, milliseconds(1)));
        ASSAY_TRY_VOID(sleep_until(next, interrupt, kAction));
        const SteadyTime now = steady_clock::now();
        samples.push_back({now - began, received_bytes()});
        const auto change = rate_change(samples, window);
        report.settled = change && std::abs(*change) < kSettledChange;
        if (report.settled || now >= latest)
            return {};
    }
    return {};
}

Expected<void> ReceivingEnd::hold_window(const LaneTeam& team, SteadyTime began,
                                         ReceiverReport& report, const std::stop_token& finish,
                                         const Interrupt& interrupt) const {
    const nanoseconds interval = series_interval(wishes_.window);
    const Look first = look(team);
    Look last = first;
    report.ramp = first.at - began;
    report.series.push_back({nanoseconds(0), 0});
    SteadyTime heard = first.at;
    const SteadyTime end = first.at + wishes_.window;
    while (last.at < end) {
        // Where this thread came late, the stretches that are over already are passed by.
        const auto over = (steady_clock::now() - first.at) / interval;
        const SteadyTime next = std::min(end, first.at + (over + 1) * interval);
        while (steady_clock::now() < next && !team.all_ended() && !finish.stop_requested()) {
            ASSAY_TRY_VOID(
                sleep_until(std::min(next, steady_clock::now() + kWaitSlice), interrupt, kAction));
        }
        Look now = look(team);
        if (now.bytes() > last.bytes())
            heard = now.at;
        if (now.at - heard > kSilence)
            return silence();
        report.series.push_back({now.at - first.at, now.bytes() - first.bytes()});
        last = std::move(now);
        // Before it is told that the window is over no sender ends of its own accord.
        report.cut_short = team.all_ended();
        if (report.cut_short || finish.stop_requested())
            break;
    }
    report.window = last.at - first.at;
    report.bytes_at_close = last.bytes();
    for (std::size_t at = 0; at < last.stream_bytes.size(); ++at)
        report.stream_bytes.push_back(last.stream_bytes[at] - first.stream_bytes[at]);
    const auto since = [](std::uint64_t now, std::uint64_t then) {
        return now - std::min(now, then);  // a thread that has ended may read as less
    };
    for (std::size_t at = 0; at < last.uses.size(); ++at) {
        const std::uint64_t used = since(last.uses[at].cpu_ns, first.uses[at].cpu_ns);
        const std::uint64_t waited = since(last.uses[at].waited_ns, first.uses[at].waited_ns);
        report.cpu_ns += used;
        if (used + waited < report.busiest_cpu_ns + report.busiest_waited_ns)
            continue;
        report.busiest_cpu_ns = used;
        report.busiest_waited_ns = waited;
    }
    return {};
}

Expected<void> ReceivingEnd::drain(LaneTeam& team, ReceiverReport& report,
                                   const Interrupt& interrupt) const {
    // What the sender's buffers and the path still hold when the window is over.
    constexpr std::chrono::seconds kLongestDrain{3};
    for (const Socket& socket : sockets_)
        report.receive_buffer_bytes =
            std::max(report.receive_buffer_bytes, receive_buffer_bytes(socket).value_or(0));
    for (const Socket& socket : sockets_) {
        ASSAY_TRY_VOID(finish_sending(socket));
    }
    const SteadyTime latest = steady_clock::now() + kLongestDrain;
    while (!team.all_ended() && steady_clock::now() < latest) {
        ASSAY_TRY_VOID(interrupt.check(kAction));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    report.drained = team.all_ended();
    return {};
}

Expected<void> ReceivingEnd::watch(LaneTeam& team, ReceiverReport& report,
                                   const std::stop_token& finish, const Interrupt& interrupt) {
    ASSAY_TRY_VOID(wait_for_first_byte(team, finish, interrupt));
    const SteadyTime began = steady_clock::now();
    ASSAY_TRY_VOID(ramp_up(team, began, report, finish, interrupt));
    ASSAY_TRY_VOID(hold_window(team, began, report, finish, interrupt));
    return drain(team, report, interrupt);
}

Expected<ReceiverReport> ReceivingEnd::run(const host::Host& host, const std::stop_token& finish,
                                           const Interrupt& interrupt) {
    ReceiverReport report;
    files_ = &host.files;
    LaneTeam team;
    ASSAY_TRY_VOID(team.start(lanes_for(sockets_.size(), host.topology),
                              [&](const Lane& lane, const std::stop_token& ended) {
                                  return receive(lane, ended, interrupt);
                              }));
    const auto watched = watch(team, report, finish, interrupt);
    team.request_stop();
    // A broken stream says more than the silence that follows it.
    ASSAY_TRY_VOID(team.join());
    ASSAY_TRY_VOID(watched);
    report.total_bytes = received_bytes();
    report.checked_bytes = samples_.checked_bytes;
    report.wrong_samples = samples_.wrong;
    return report;
}

}  // namespace assay::network::tcp
