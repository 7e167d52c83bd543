#include "probes/network/udp/sender.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>

#include "engine/core/units.h"
#include "engine/host/affinity.h"
#include "engine/host/exact_timers.h"
#include "probes/network/udp/calibration.h"
#include "probes/network/udp/flow_socket.h"
#include "probes/network/udp/schedule.h"
#include "probes/network/udp/send_queue.h"

namespace assay::network::udp {
namespace {

using std::chrono::nanoseconds;

/// Sleeping wakes up late by this much at most, so the last stretch is waited for awake.
constexpr std::int64_t kSpinNs = 20 * kNanosecondsPerMicrosecond;
/// A full socket or queue is looked at again after this time.
constexpr int kRoomWaitMs = 10;
constexpr std::int64_t kRefusedPauseNs = 100 * kNanosecondsPerMicrosecond;
/// ICMP messages that say that nobody listens, before they are believed: one may be left over.
constexpr std::size_t kMostRefusals = 16;
/// For how long the host's own queues may take to let go of what they were given.
constexpr nanoseconds kFlushTime = std::chrono::seconds(2);

void sleep_for(std::int64_t duration_ns) {
    const timespec duration{.tv_sec = duration_ns / kNanosecondsPerSecond,
                            .tv_nsec = duration_ns % kNanosecondsPerSecond};
    // Woken early by a signal is harmless: every caller looks at the clock again.
    clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nullptr);
}

std::uint64_t thread_cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);  // cannot fail: constant id, valid pointer
    return static_cast<std::uint64_t>(std::int64_t{time.tv_sec} * kNanosecondsPerSecond +
                                      time.tv_nsec);
}

class Sender : public control::Role {
  public:
    explicit Sender(const SendWishes& wishes) : wishes_(wishes) {}

    Expected<Fields> prepare(control::RoleContext& context, const Interrupt& interrupt) override;
    Expected<Fields> play(std::stop_token finish, const Interrupt& interrupt) override;
    Fields progress() const override {
        Fields fields;
        fields.set("sent", sent_.load(std::memory_order_relaxed));
        fields.set("done", std::uint64_t{done_.load(std::memory_order_acquire)});
        return fields;
    }
    std::uint64_t datagram_bytes() const override {
        return sent_.load(std::memory_order_relaxed) * wishes_.flow.payload_bytes;
    }

  private:
    Expected<void> send_all(const std::stop_token& finish, const Interrupt& interrupt);
    Expected<void> accept(const Offer& offer, std::int64_t now_ns);
    Expected<void> recover(const Offer& offer);
    void wait_until(double due_ns) const;
    void flush(const Interrupt& interrupt);
    std::int64_t now_ns() const {
        return nanoseconds(std::chrono::steady_clock::now() - start_).count();
    }
    bool finished(std::int64_t now) const {
        return now >= wishes_.duration.count() ||
               (wishes_.most_datagrams != 0 && offered() >= wishes_.most_datagrams);
    }
    std::uint64_t offered() const { return report_.sent + report_.refused; }

    SendWishes wishes_;
    Socket flow_;
    std::optional<Stamp> stamp_;
    std::optional<SendQueue> queue_;
    std::optional<int> cpu_;
    SteadyTime start_;
    SenderReport report_;
    std::size_t icmp_refusals_ = 0;
    std::atomic<std::uint64_t> sent_ = 0;
    std::atomic<bool> done_ = false;
};

Expected<Fields> Sender::prepare(control::RoleContext& context, const Interrupt& interrupt) {
    ASSAY_TRY(flow_, context.door.udp_flow(wishes_.flow.flow, interrupt));
    ASSAY_TRY_VOID(prepare_sending(flow_));
    if (wishes_.send_buffer_bytes != 0)
        ask_send_buffer(flow_, wishes_.send_buffer_bytes);
    ASSAY_TRY(const std::size_t most, most_payload(flow_));
    if (wishes_.flow.payload_bytes > most)
        return failure(ErrorKind::usage,
                       "--payload: " + std::to_string(wishes_.flow.payload_bytes) +
                           " bytes do not travel to the peer in one packet, " +
                           std::to_string(most) +
                           " do; a fragmented datagram says nothing of loss, so give less");
    const auto engine = send_engine_of(wishes_.flow.engine);
    stamp_.emplace(context.door.shared_key(wishes_.flow.flow), wishes_.flow.round);
    queue_.emplace(flow_, engine ? *engine : fastest_send_engine(wishes_.flow.payload_bytes),
                   *stamp_, wishes_.flow.payload_bytes);
    // The last CPU, since receivers take the first: both ends on one host do not share one.
    if (const auto cpus = context.host.topology.allowed_cpus(); !cpus.empty())
        cpu_ = cpus.back();
    Fields answer;
    answer.set("engine", std::string(name_of(queue_->engine())));
    answer.set("datagrams_per_s", wishes_.datagrams_per_s);
    answer.set("most_datagrams", wishes_.most_datagrams);
    answer.set("duration_ns", static_cast<std::uint64_t>(wishes_.duration.count()));
    answer.set("most_payload", std::uint64_t{most});
    return answer;
}

Expected<Fields> Sender::play(std::stop_token finish, const Interrupt& interrupt) {
    std::optional<host::Pinning> pinning;
    if (cpu_)
        if (auto pinned = host::Pinning::to_cpu(*cpu_))
            pinning.emplace(std::move(*pinned));
    const host::ExactTimers exact;
    const std::uint64_t cpu_begin = thread_cpu_ns();
    start_ = std::chrono::steady_clock::now();
    ASSAY_TRY_VOID(send_all(finish, interrupt));
    report_.cpu_ns = thread_cpu_ns() - cpu_begin;
    report_.engine = name_of(queue_->engine());
    flush(interrupt);
    done_.store(true, std::memory_order_release);
    return report_.fields();
}

Expected<void> Sender::send_all(const std::stop_token& finish, const Interrupt& interrupt) {
    constexpr std::int64_t kLookNs = 10 * kNanosecondsPerMillisecond;
    Schedule schedule(wishes_.datagrams_per_s, queue_->most());
    std::int64_t look_ns = 0;
    while (true) {
        const std::int64_t now = now_ns();
        if (now >= look_ns) {
            ASSAY_TRY_VOID(interrupt.check("send datagrams"));
            if (finish.stop_requested())
                break;
            look_ns = now + kLookNs;
        }
        if (finished(now))
            break;
        std::size_t count = schedule.due(static_cast<double>(now), offered());
        if (count == 0) {
            wait_until(std::min(schedule.due_ns(offered()), static_cast<double>(look_ns)));
            continue;
        }
        count = std::min(count, queue_->most());
        if (wishes_.most_datagrams != 0)
            count = std::min<std::uint64_t>(count, wishes_.most_datagrams - offered());
        ASSAY_TRY_VOID(
            accept(queue_->offer(report_.sent, count, static_cast<std::uint64_t>(now)), now));
    }
    report_.behind_ns = static_cast<std::uint64_t>(schedule.behind_ns());
    return {};
}

/// Books what the kernel took and sees to what it did not.
Expected<void> Sender::accept(const Offer& offer, std::int64_t now) {
    if (offer.taken != 0) {
        report_.sent += offer.taken;
        report_.elapsed_ns = static_cast<std::uint64_t>(now);
        report_.most_burst = std::max<std::uint64_t>(report_.most_burst, offer.taken);
        const std::size_t interval = std::min<std::size_t>(
            static_cast<std::uint64_t>(now) / wishes_.flow.interval_ns, kMostIntervals - 1);
        if (report_.sent_by_interval.size() <= interval)
            report_.sent_by_interval.resize(interval + 1);
        report_.sent_by_interval[interval] += offer.taken;
        sent_.store(report_.sent, std::memory_order_relaxed);
        icmp_refusals_ = 0;
    }
    return offer.error == 0 ? Expected<void>() : recover(offer);
}

Expected<void> Sender::recover(const Offer& offer) {
    const bool segments = queue_->engine() == SendEngine::segments;
    switch (offer.error) {
        case EAGAIN: {
            ++report_.waits;
            pollfd room{.fd = flow_.descriptor(), .events = POLLOUT, .revents = 0};
            if (poll(&room, 1, kRoomWaitMs) < 0 && errno != EINTR)
                return system_failure("wait for room in a UDP socket", errno);
            if ((room.revents & POLLERR) != 0)
                drain_errors(flow_);
            return {};
        }
        case ENOBUFS:
            // The host's own queue dropped them, and said so: their numbers go to the next ones.
            report_.refused += offer.refused;
            drain_errors(flow_);
            if (wishes_.datagrams_per_s <= 0)
                sleep_for(kRefusedPauseNs);
            return {};
        case ECONNREFUSED:
        case EHOSTUNREACH:
        case ENETUNREACH:
            drain_errors(flow_);
            if (++icmp_refusals_ > kMostRefusals)
                return system_failure(
                    "send datagrams: the peer's port is closed, or the way to it is gone (a "
                    "firewall or the end of the agent can be why); look at the agent, then repeat",
                    offer.error);
            return {};
        case EIO:
        case EINVAL:
        case EMSGSIZE:
            // EIO: the interface cannot compute check sums, which segmentation needs.
            if (segments) {
                queue_->step_down();
                return {};
            }
            break;
        default:
            break;
    }
    if (offer.error == EMSGSIZE) {
        const auto most = most_payload(flow_);
        return failure(ErrorKind::usage,
                       "--payload: the path takes datagrams of at most " +
                           (most ? std::to_string(*most) : std::string("fewer")) +
                           " payload bytes in one packet; give less",
                       offer.error);
    }
    return system_failure("send datagrams", offer.error);
}

void Sender::wait_until(double due_ns) const {
    const auto due = static_cast<std::int64_t>(due_ns);
    if (const std::int64_t sleep_ns = due - now_ns() - kSpinNs; sleep_ns > kSpinNs)
        sleep_for(sleep_ns);
    while (now_ns() < due) {
    }
}

/// Waits until the host's own queues are empty: what is in them is neither lost nor delivered.
void Sender::flush(const Interrupt& interrupt) {
    const SteadyTime deadline =
        std::min(interrupt.deadline, std::chrono::steady_clock::now() + kFlushTime);
    while (true) {
        report_.unsent_bytes = queued_bytes(flow_).value_or(0);
        if (report_.unsent_bytes == 0 || interrupt.stop.stop_requested() ||
            std::chrono::steady_clock::now() >= deadline)
            return;
        sleep_for(kNanosecondsPerMillisecond);
    }
}

}  // namespace

Expected<std::unique_ptr<control::Role>> make_sender(const Fields& wishes,
                                                     const control::Caps& caps) {
    ASSAY_TRY(const SendWishes typed, SendWishes::of_fields(wishes, caps));
    return std::make_unique<Sender>(typed);
}

}  // namespace assay::network::udp
