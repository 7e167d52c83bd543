#include "probes/network/rtt/echo_path.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "engine/host/exact_timers.h"

namespace assay::network::rtt {
namespace {

/// Waits until `path` may have an answer (or, with `for_room`, room for a request), at most for
/// `wait_ns`.
Expected<void> wait_for(const EchoPath& path, bool for_room, std::int64_t wait_ns) {
    pollfd wanted{.fd = path.descriptor(),
                  .events = static_cast<short>(for_room ? POLLIN | POLLOUT : POLLIN),
                  .revents = 0};
    const timespec timeout{.tv_sec = wait_ns / kNanosecondsPerSecond,
                           .tv_nsec = wait_ns % kNanosecondsPerSecond};
    if (ppoll(&wanted, 1, &timeout, nullptr) < 0 && errno != EINTR)
        return system_failure("wait for an echo", errno);
    return {};
}

/// The state of one schedule that is played.
class Player {
  public:
    Player(EchoPath& path, const EchoSchedule& schedule)
        : path_(path), schedule_(schedule), books_(schedule.requests(), schedule.interval_ns()) {}

    Expected<EchoOutcome> open_loop(const Interrupt& interrupt);
    Expected<EchoOutcome> ping_pong(const Interrupt& interrupt);

  private:
    Expected<void> take_answers() {
        for (;;) {
            ASSAY_TRY(const auto answer, path_.receive());
            if (!answer)
                return {};
            books_.answered(answer->sequence - schedule_.first_sequence, answer->received_ns);
        }
    }
    /// Sends the next request if the kernel has room for it.
    Expected<bool> send_next(std::int64_t due_ns) {
        const std::int64_t sent_ns = now_ns();
        ASSAY_TRY(const bool left, path_.send(schedule_.first_sequence + next_));
        if (left)
            books_.sent(next_++, due_ns, sent_ns);
        return left;
    }
    /// A stop is looked at each millisecond at most: it costs more than a clock read.
    Expected<void> look_up(const Interrupt& interrupt, std::int64_t now) {
        if (now < next_look_ns_)
            return {};
        next_look_ns_ = now + kNanosecondsPerMillisecond;
        return interrupt.check("echo requests at a set rate");
    }

    EchoPath& path_;
    const EchoSchedule& schedule_;
    EchoBooks books_;
    std::uint64_t next_ = 0;
    std::int64_t next_look_ns_ = 0;
};

// A thread that sleeps to the very moment wakes up late. The last stretch is spent looking for
// answers; 30 us of each millisecond keep a CPU 3 % busy, also where there are only two.
constexpr std::int64_t kAwakeNs = 30 * kNanosecondsPerMicrosecond;
constexpr std::int64_t kLongestSleepNs = std::chrono::nanoseconds(kWaitSlice).count();

Expected<EchoOutcome> Player::open_loop(const Interrupt& interrupt) {
    const host::ExactTimers exact;
    const std::int64_t interval = schedule_.interval_ns();
    const std::int64_t start = now_ns() + kNanosecondsPerMillisecond;
    const auto due_of = [&](std::uint64_t request) {
        return start + static_cast<std::int64_t>(request) * interval;
    };
    while (next_ < books_.requests()) {
        const std::int64_t now = now_ns();
        ASSAY_TRY_VOID(look_up(interrupt, now));
        const std::int64_t due = due_of(next_);
        if (now >= due) {
            ASSAY_TRY(const bool left, send_next(due));
            if (!left)
                ASSAY_TRY_VOID(wait_for(path_, true, kNanosecondsPerMillisecond));
        } else if (due - now > kAwakeNs) {
            ASSAY_TRY_VOID(wait_for(path_, false, std::min(due - now - kAwakeNs, kLongestSleepNs)));
        }
        ASSAY_TRY_VOID(take_answers());
    }
    const std::int64_t give_up = now_ns() + schedule_.patience.count();
    for (std::int64_t now = now_ns(); books_.still_open() > 0 && now < give_up; now = now_ns()) {
        ASSAY_TRY_VOID(look_up(interrupt, now));
        ASSAY_TRY_VOID(wait_for(path_, false, std::min(give_up - now, kLongestSleepNs)));
        ASSAY_TRY_VOID(take_answers());
    }
    return books_.outcome();
}

Expected<EchoOutcome> Player::ping_pong(const Interrupt& interrupt) {
    const std::int64_t end = now_ns() + schedule_.duration.count();
    while (next_ < books_.requests() && now_ns() < end) {
        const std::int64_t now = now_ns();
        ASSAY_TRY_VOID(look_up(interrupt, now));
        const std::uint64_t open_before = books_.still_open();
        ASSAY_TRY(const bool left, send_next(now));
        if (!left) {
            ASSAY_TRY_VOID(wait_for(path_, true, kNanosecondsPerMillisecond));
            continue;
        }
        const std::int64_t give_up = now + schedule_.patience.count();
        while (books_.still_open() > open_before && now_ns() < give_up) {
            ASSAY_TRY_VOID(look_up(interrupt, now_ns()));
            ASSAY_TRY_VOID(wait_for(path_, false, kLongestSleepNs));
            ASSAY_TRY_VOID(take_answers());
        }
    }
    return books_.outcome();
}

}  // namespace

std::size_t EchoSchedule::requests() const {
    const double seconds = std::chrono::duration<double>(duration).count();
    // 80 MB of books; an hour of echoes at a sensible rate needs more than one round.
    constexpr double kMostRequests = 2e6;
    return static_cast<std::size_t>(
        std::clamp(std::floor(seconds * per_second), 1.0, kMostRequests));
}

std::int64_t EchoSchedule::interval_ns() const {
    return std::max<std::int64_t>(1, from_seconds(1.0 / per_second));
}

Expected<EchoOutcome> play_echoes(EchoPath& path, const EchoSchedule& schedule,
                                  const Interrupt& interrupt) {
    return Player(path, schedule).open_loop(interrupt);
}

Expected<EchoOutcome> play_ping_pong(EchoPath& path, const EchoSchedule& schedule,
                                     const Interrupt& interrupt) {
    return Player(path, schedule).ping_pong(interrupt);
}

}  // namespace assay::network::rtt
