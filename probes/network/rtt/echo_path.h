#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "probes/network/rtt/echo_books.h"
#include "probes/network/wire/socket.h"

namespace assay::network::rtt {

/// CLOCK_MONOTONIC: the clock of all send and receive times here, and that of SteadyTime.
inline std::int64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);  // cannot fail: constant clock, valid pointer
    return static_cast<std::int64_t>(now.tv_sec) * kNanosecondsPerSecond + now.tv_nsec;
}

struct EchoAnswer {
    std::uint64_t sequence = 0;
    std::int64_t received_ns = 0;  ///< now_ns, or the kernel's receive stamp on that clock
};

/// One way to ask the peer for an answer: a UDP flow, a TCP connection, ICMP. Nothing here blocks.
class EchoPath {
  public:
    virtual ~EchoPath() = default;
    /// Readable (poll) when an answer may be there.
    virtual int descriptor() const = 0;
    /// Sends request `sequence`. false where the kernel has no room now. Errors: io, unavailable.
    virtual Expected<bool> send(std::uint64_t sequence) = 0;
    /// Takes one answer; nullopt where none is there. What is no answer of ours is passed over.
    /// Errors: io, unavailable.
    virtual Expected<std::optional<EchoAnswer>> receive() = 0;
};

struct EchoSchedule {
    double per_second = 0;
    std::chrono::nanoseconds duration{};
    /// How long answers are waited for after the last request.
    std::chrono::nanoseconds patience{};
    /// Number of the first request: a path that lives on must not take a late answer of an earlier
    /// schedule for one of this.
    std::uint64_t first_sequence = 0;

    std::size_t requests() const;
    std::int64_t interval_ns() const;
};

/// Sends one request each interval, whether or not earlier ones were answered (an open loop), and
/// takes the answers. A request that is late is sent at once, and its lateness counts in its
/// response time. One thread: it sleeps until shortly before the next request is due. Errors: those
/// of the path; interrupted, timed_out.
Expected<EchoOutcome> play_echoes(EchoPath& path, const EchoSchedule& schedule,
                                  const Interrupt& interrupt);

/// One request after the other, each as soon as the one before was answered: a closed loop, which
/// says nothing of stalls and is here for comparison with tools that measure like this. A request
/// without answer is given up after `patience`.
Expected<EchoOutcome> play_ping_pong(EchoPath& path, const EchoSchedule& schedule,
                                     const Interrupt& interrupt);

}  // namespace assay::network::rtt
