#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/core/error.h"
#include "probes/network/tcp/tcp_receiver.h"
#include "probes/network/tcp/tcp_sender.h"

namespace assay::network {

/// How a round's time is spent: the ramp is sent and received like the rest, but counts nowhere.
struct RoundTimes {
    std::chrono::nanoseconds ramp{};
    std::chrono::nanoseconds window{};
};
/// A quarter of the round, at most one second, for slow start and for cold threads and buffers; the
/// rest is the window.
RoundTimes split_round(std::chrono::nanoseconds duration);

struct RoundOutcome {
    ReceiverReport received;
    std::uint64_t sent_bytes = 0;  ///< payload over the whole round, ramp and tail included
    double window_s = 0;
    std::optional<std::uint64_t>
        retransmits;  ///< in the window; nullopt if the kernel does not say
    /// Payload of the largest full segment at the end of the window (the path's MSS less the TCP
    /// options). nullopt as above.
    std::optional<std::uint32_t> segment_bytes;
};

/// One round in which both ends are in this process: start, ramp, window, end of stream, and the
/// sums of both ends. The ends may be in different network namespaces. Blocks for ramp + window +
/// what the path still holds at the end. Errors: interrupted, timed_out, io, unavailable.
Expected<RoundOutcome> measure_round(TcpSender& sender, TcpReceiver& receiver,
                                     const RoundTimes& times, const Interrupt& interrupt);

}  // namespace assay::network
