#include "probes/network/tcp/tcp_round.h"

#include <algorithm>

#include "engine/core/units.h"

namespace assay::network {

RoundTimes split_round(std::chrono::nanoseconds duration) {
    const std::chrono::nanoseconds ramp =
        std::min<std::chrono::nanoseconds>(duration / 4, std::chrono::seconds(1));
    return {.ramp = ramp, .window = duration - ramp};
}

Expected<RoundOutcome> measure_round(TcpSender& sender, TcpReceiver& receiver,
                                     const RoundTimes& times, const Interrupt& interrupt) {
    const SteadyTime begin = std::chrono::steady_clock::now() + times.ramp;
    const Window window{.begin = begin, .end = begin + times.window};
    ASSAY_TRY_VOID(receiver.start(window, interrupt));
    ASSAY_TRY_VOID(sender.start(interrupt));
    ASSAY_TRY_VOID(sleep_until(window.begin, interrupt, "wait for the ramp of a TCP round"));
    const SenderSnapshot before = sender.snapshot();
    ASSAY_TRY_VOID(sleep_until(window.end, interrupt, "wait for the end of a TCP round"));
    const SenderSnapshot after = sender.snapshot();

    RoundOutcome outcome;
    outcome.window_s = to_seconds(times.window.count());
    outcome.retransmits = retransmits_between(before, after);
    for (const auto& stream : after.streams)
        if (stream)
            outcome.segment_bytes =
                std::max(outcome.segment_bytes.value_or(0), stream->segment_bytes);
    // The sender ends its streams first: only then does the receiver see their end.
    ASSAY_TRY(outcome.sent_bytes, sender.finish());
    ASSAY_TRY(outcome.received, receiver.finish());
    return outcome;
}

}  // namespace assay::network
