#include "probes/network/tcp/limits.h"

#include <cmath>
#include <cstdio>

#include "engine/core/units.h"

namespace assay::network::tcp {
namespace {

constexpr double kBusyShare = 0.95;    // of a CPU; the list of findings says the same
constexpr double kStarvedShare = 0.3;  // of the window, without the CPU that it wanted
constexpr double kQuietShare = 0.1;    // of the same: below it delays are those of the path
constexpr double kFullBuffer = 0.8;    // of it was on the way
constexpr double kWaitingShare = 0.3;  // of the sender's busy time
constexpr double kLostShare = 1e-4;    // of the segments
constexpr double kLostShareBusy =
    1e-3;                            // of the same on busy hosts, whose late answers look like loss
constexpr double kNearMathis = 0.3;  // of the rate that this loss leaves a loss-based sender
constexpr double kSecondNs = kNanosecondsPerSecond;
constexpr double kGrown = 2;        // round trips, against the least
constexpr double kGrownByNs = 2e6;  // and no host's own delays

template <class... Values>
std::string text(const char* format, Values... values) {
    char buffer[320];
    std::snprintf(buffer, sizeof buffer, format, values...);
    return buffer;
}

std::string buffer_text(std::uint64_t bytes) {
    return bytes == 0 ? "unknown" : std::to_string(bytes) + " B";
}

bool is_cpu_bound(const CpuShares& cpu) {
    return cpu.used + cpu.waited > kBusyShare || cpu.waited > kStarvedShare;
}

/// A host that is busy with other work delays segments and acknowledgements itself.
bool hosts_are_quiet(const LimitFacts& facts) {
    return facts.sender_cpu.waited < kQuietShare && facts.receiver_cpu.waited < kQuietShare;
}

bool queue_has_grown(const LimitFacts& facts) {
    return hosts_are_quiet(facts) && facts.least_rtt_ns &&
           facts.rtt_ns > kGrown * *facts.least_rtt_ns &&
           facts.rtt_ns - *facts.least_rtt_ns > kGrownByNs;
}

/// A buffer of a few segments never holds one that waits, so that the kernel's own count stays 0;
/// but what is on the way then fills it.
bool buffer_is_full(const LimitFacts& facts) {
    const double on_the_way =
        facts.bytes_per_s / static_cast<double>(facts.streams) * facts.rtt_ns / kSecondNs;
    return facts.send_buffer_bytes > 0 && !queue_has_grown(facts) &&
           on_the_way > kFullBuffer * static_cast<double>(facts.send_buffer_bytes);
}

double lost_share(const LimitFacts& facts) {
    return facts.segments == 0
               ? 0
               : static_cast<double>(facts.retransmits) / static_cast<double>(facts.segments);
}

/// Are segments lost often enough to matter? Probes for a lost tail send again too, so loss counts
/// only near the rate that it would allow: segment / rtt * 1.22 / sqrt(p) a stream.
/// Source: Mathis, Semke, Mahdavi, Ott (1997), "The Macroscopic Behavior of the TCP Congestion
/// Avoidance Algorithm".
bool loss_limits(const LimitFacts& facts) {
    const double lost = lost_share(facts);
    if (lost <= (hosts_are_quiet(facts) ? kLostShare : kLostShareBusy) ||
        facts.segment_bytes == 0 || facts.rtt_ns <= 0)
        return false;
    const double allowed = static_cast<double>(facts.streams * facts.segment_bytes) /
                           (facts.rtt_ns / kSecondNs) * std::sqrt(1.5 / lost);
    return facts.bytes_per_s > kNearMathis * allowed;
}

std::string loss_text(const LimitFacts& facts) {
    return text(
        "%llu of %llu segments were sent again (%.3f %%); the round trip took %.2f ms on "
        "average and %.2f ms at least",
        static_cast<unsigned long long>(facts.retransmits),
        static_cast<unsigned long long>(facts.segments), lost_share(facts) * 100,
        facts.rtt_ns / 1e6, facts.least_rtt_ns.value_or(0) / 1e6);
}

std::string wait_text(const LimitFacts& facts, double share, std::string_view buffer,
                      std::uint64_t buffer_bytes) {
    return text(
        "for %.0f %% of its busy time the sender waited; the %.*s buffer was %s, and rate "
        "times round trip is %.0f B",
        share * 100, static_cast<int>(buffer.size()), buffer.data(),
        buffer_text(buffer_bytes).c_str(), facts.bytes_per_s * facts.rtt_ns / kSecondNs);
}

}  // namespace

std::vector<Finding> limits_of(const LimitFacts& facts, std::string_view where) {
    std::vector<Finding> found;
    const auto add = [&](std::string_view id, const std::string& message) {
        found.push_back(make_finding(id, std::string(where) + ": " + message + "."));
    };
    // A receiver that cannot keep up closes its window, and a thread that is busy all the time
    // explains the waiting of the other: so the processors come first.
    const auto add_cpu = [&](std::string_view id, const char* who, const CpuShares& cpu) {
        if (is_cpu_bound(cpu))
            add(id, text("the busiest %s thread used %.1f %% of a CPU, and waited %.1f %% of the "
                         "time for one that others had",
                         who, cpu.used * 100, cpu.waited * 100));
    };
    add_cpu("tcp_receiver_cpu", "receiving", facts.receiver_cpu);
    add_cpu("tcp_sender_cpu", "sending", facts.sender_cpu);
    const bool cpu_bound = !found.empty();
    if (!cpu_bound && facts.window_limited_share.value_or(0) > kWaitingShare)
        add("tcp_receive_window",
            wait_text(facts, *facts.window_limited_share, "receive", facts.receive_buffer_bytes));
    else if (!cpu_bound &&
             (facts.buffer_limited_share.value_or(0) > kWaitingShare || buffer_is_full(facts)))
        add("tcp_send_buffer", wait_text(facts, facts.buffer_limited_share.value_or(0), "send",
                                         facts.send_buffer_bytes));
    const bool loses = loss_limits(facts);
    if (queue_has_grown(facts) && !cpu_bound && (loses || found.empty()))
        add("tcp_shaped_link", loss_text(facts));
    else if (loses)
        add("tcp_random_loss", loss_text(facts));
    return found;
}

}  // namespace assay::network::tcp
