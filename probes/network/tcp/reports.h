#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "probes/network/tcp/settling.h"
#include "probes/network/wire/fields.h"

/// What the ends of a TCP test tell each other. Fields from outside are bounded while they are
/// read.
namespace assay::network::tcp {

/// The sending end at one moment; counters since the first byte, summed over the streams.
struct SenderTick {
    std::chrono::nanoseconds at{};  ///< since the first byte was sent, on the sender's clock
    std::uint64_t retransmits = 0, segments = 0, acked_bytes = 0;
    std::uint64_t busy_ns = 0, window_limited_ns = 0, buffer_limited_ns = 0;
    std::uint64_t rtt_ns = 0;  ///< smoothed by the kernel; the mean over the streams
    std::uint64_t cpu_ns = 0;  ///< of the sending threads together
    /// Of the busiest of them: used, and waited for while others had it.
    std::uint64_t busiest_cpu_ns = 0, busiest_waited_ns = 0;
    /// Of the interface that the first stream leaves by: packets that its queue dropped, how often
    /// a shaper held one back, and bytes that it sent, those of other programs too. 0: unknown.
    std::uint64_t queue_dropped = 0, queue_held = 0, interface_bytes = 0;
    bool operator==(const SenderTick&) const = default;
};

struct SenderReport {
    std::uint64_t sent_bytes = 0;  ///< that the kernel took, from the first to the end of stream
    /// When the receiver closed its window: taken by the kernel until then, and of that not sent,
    /// or not acknowledged.
    std::uint64_t taken_bytes = 0, unsent_bytes = 0, unacked_bytes = 0;
    std::uint64_t segment_bytes = 0;      ///< payload of the largest full segment
    std::uint64_t least_rtt_ns = 0;       ///< 0: the kernel does not say
    std::uint64_t window_bytes = 0;       ///< congestion windows at the end, together
    std::uint64_t send_buffer_bytes = 0;  ///< of the largest, at the end; 0 as above
    std::uint64_t link_bytes_per_s = 0;   ///< of that interface; 0 as above
    std::uint64_t queue_is_shaper = 0;    ///< 1: its queue discipline exists to keep a rate
    std::string congestion;               ///< in use; empty: as above
    std::string queue_kind;               ///< of that interface: "tbf"; empty: as above
    std::vector<SenderTick> ticks;
    bool operator==(const SenderReport&) const = default;
};

struct ReceiverReport {
    std::chrono::nanoseconds ramp{};    ///< from the first byte to the beginning of the window
    bool settled = false;               ///< the ramp ended because the rate had settled
    std::chrono::nanoseconds window{};  ///< as long as it was
    bool cut_short = false;             ///< the sender ended its streams inside the window
    bool drained = false;               ///< everything was received up to the end of stream
    std::uint64_t total_bytes = 0;      ///< from the first byte to the last
    std::uint64_t bytes_at_close = 0;   ///< of those, when the window closed
    std::uint64_t checked_bytes = 0;    ///< compared with what must have been sent
    std::uint64_t wrong_samples = 0;
    std::uint64_t receive_buffer_bytes = 0;  ///< of the largest, at the end; 0: unknown
    std::uint64_t cpu_ns = 0;                ///< of the receiving threads together, in the window
    std::uint64_t busiest_cpu_ns = 0, busiest_waited_ns = 0;  ///< as the sender's, in the window
    std::vector<std::uint64_t> stream_bytes;                  ///< in the window, by stream
    std::vector<Arrived> series;  ///< from the beginning of the window to its end
    std::uint64_t window_bytes() const;
    bool operator==(const ReceiverReport&) const = default;
};

/// The names begin with "s." and "r.", so that one message can carry both.
void put(Fields& fields, const SenderReport& report);
void put(Fields& fields, const ReceiverReport& report);
/// Errors: bad_input, also where the numbers contradict each other.
Expected<SenderReport> sender_report_of(const Fields& fields);
Expected<ReceiverReport> receiver_report_of(const Fields& fields);

/// What happened at the sender between two times since the first byte, its ticks interpolated.
/// nullopt without ticks on both sides of a length of time.
std::optional<SenderTick> sender_change(const SenderReport& report, std::chrono::nanoseconds begin,
                                        std::chrono::nanoseconds end);

}  // namespace assay::network::tcp
