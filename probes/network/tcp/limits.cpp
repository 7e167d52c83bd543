#include "probes/network/tcp/limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

#include "engine/core/units.h"

namespace assay::network::tcp {
namespace {

constexpr double kQuietShare =
    0.1;  // of the window, waiting for a CPU: below it delays are the path's
constexpr double kFullBuffer = 0.8;  // of it was on the way
constexpr double kLostShareBusy =
    1e-3;  // of the segments, on busy hosts, whose late answers look like loss
constexpr double kNearLossRate = 0.3;  // of the rate that this loss leaves a loss-based sender
constexpr double kSecondNs = kNanosecondsPerSecond;
constexpr double kGrown = 2;        // round trips, against the least
constexpr double kGrownByNs = 2e6;  // and no host's own delays
/// Ethernet, IPv4, TCP and its time stamps.
constexpr double kHeaderBytes = 14 + 20 + 20 + 12;
/// An interface that carried less than this in the window says nothing of others.
constexpr double kFewestBytes = 1e6;

/// Limits that the list of findings has a row for, with advice of its own.
constexpr std::array<std::pair<path::Limit, std::string_view>, 7> kRows{{
    {path::Limit::sender_cpu, "tcp_sender_cpu"},
    {path::Limit::receiver_cpu, "tcp_receiver_cpu"},
    {path::Limit::receiver_window, "tcp_receive_window"},
    {path::Limit::send_buffer, "tcp_send_buffer"},
    {path::Limit::shaped_link, "tcp_shaped_link"},
    {path::Limit::random_loss, "tcp_random_loss"},
    {path::Limit::competing_traffic, "competing_traffic"},
}};

/// A host that is busy with other work delays segments and acknowledgements itself.
bool hosts_are_quiet(const LimitFacts& facts) {
    return facts.sender_cpu.waited < kQuietShare && facts.receiver_cpu.waited < kQuietShare;
}

bool queue_has_grown(const LimitFacts& facts) {
    return hosts_are_quiet(facts) && facts.least_rtt_ns &&
           facts.rtt_ns > kGrown * *facts.least_rtt_ns &&
           facts.rtt_ns - *facts.least_rtt_ns > kGrownByNs;
}

/// A round trip this long is no busy host's doing.
bool queue_is_beyond_hosts(const LimitFacts& facts) {
    constexpr double kBeyondNs = 2e7;
    return facts.least_rtt_ns && facts.rtt_ns - *facts.least_rtt_ns > kBeyondNs;
}

/// A buffer of a few segments never holds one that waits, so that the kernel's own count stays 0;
/// but what is on the way then fills it. Behind a queue that proves nothing, unless it is more than
/// the buffer can hold: then others fill that queue, such as acknowledgements.
bool buffer_is_full(const LimitFacts& facts) {
    constexpr double kBeyondBuffer = 2;
    const double on_the_way =
        facts.bytes_per_s / static_cast<double>(facts.streams) * facts.rtt_ns / kSecondNs;
    const bool behind_queue = queue_has_grown(facts) || queue_is_beyond_hosts(facts);
    return facts.send_buffer_bytes > 0 &&
           on_the_way > (behind_queue ? kBeyondBuffer : kFullBuffer) *
                            static_cast<double>(facts.send_buffer_bytes);
}

bool round_trip_is_short(const LimitFacts& facts) {
    constexpr double kShortNs = 5e5;
    return facts.least_rtt_ns && facts.rtt_ns - *facts.least_rtt_ns < kShortNs;
}

double lost_share(const LimitFacts& facts) {
    return facts.segments == 0
               ? 0
               : static_cast<double>(facts.retransmits) / static_cast<double>(facts.segments);
}

/// The rate that a loss of `lost` of the segments leaves: at least this much, since new kernels
/// wait for fewer time-outs. Source: Padhye, Firoiu, Towsley, Kurose (1998), "Modeling TCP
/// Throughput", with one segment an acknowledgement and the least time-out of Linux.
double rate_of_loss(const LimitFacts& facts, double lost) {
    constexpr double kTimeoutS = 0.2;
    const double rtt_s = facts.rtt_ns / kSecondNs;
    const double recovery_s = rtt_s * std::sqrt(2 * lost / 3);
    const double timeout_s =
        kTimeoutS * std::min(1.0, 3 * std::sqrt(3 * lost / 8)) * lost * (1 + 32 * lost * lost);
    return static_cast<double>(facts.streams * facts.segment_bytes) / (recovery_s + timeout_s);
}

/// Loss that slows the streams down: probes for a lost tail send again too, so it counts only near
/// the rate that it would leave.
double lost_share_that_matters(const LimitFacts& facts) {
    const double lost = lost_share(facts);
    if ((!hosts_are_quiet(facts) && lost <= kLostShareBusy) || lost <= 0 ||
        facts.segment_bytes == 0 || facts.rtt_ns <= 0)
        return 0;
    return facts.bytes_per_s > kNearLossRate * rate_of_loss(facts, lost) ? lost : 0;
}

/// Of what the interface sent, the share that these streams did not.
std::optional<double> share_of_others(const LimitFacts& facts) {
    const auto carried = static_cast<double>(facts.interface.sent_bytes);
    if (carried < kFewestBytes)
        return std::nullopt;
    const double own = facts.bytes_per_s * facts.window_s +
                       static_cast<double>(facts.segments) * kHeaderBytes +
                       static_cast<double>(facts.retransmits * facts.segment_bytes);
    return std::max(0.0, carried - own) / carried;
}

std::string buffers_text(const LimitFacts& facts) {
    const auto text = [](std::uint64_t bytes) {
        return bytes == 0 ? "unknown" : std::to_string(bytes) + " B";
    };
    const double product = facts.bytes_per_s * facts.rtt_ns / kSecondNs;
    return " The send buffer was " + text(facts.send_buffer_bytes) + ", the receive buffer " +
           text(facts.receive_buffer_bytes) + ", and rate times round trip " +
           std::to_string(static_cast<std::uint64_t>(product)) + " B.";
}

std::string number_text(const char* form, bool is_known, double number) {
    std::array<char, 48> buffer{};
    std::snprintf(buffer.data(), buffer.size(), form, number);
    return is_known ? buffer.data() : "unknown";
}

std::string percent(std::optional<double> share) {
    return number_text("%.0f %%", share.has_value(), share.value_or(0) * 100);
}

std::string milliseconds_text(double ns) {
    return number_text("%.3f ms", ns > 0, ns / 1e6);
}

/// What was looked at where nothing of it names a limit, so that a reader can go on from there.
std::string facts_text(const LimitFacts& facts) {
    return " Seen: CPU " + percent(facts.sender_cpu.used) + " used and " +
           percent(facts.sender_cpu.waited) + " waited for by the sender, " +
           percent(facts.receiver_cpu.used) + " and " + percent(facts.receiver_cpu.waited) +
           " by the receiver; window full " + percent(facts.window_limited_share) +
           ", send buffer full " + percent(facts.buffer_limited_share) + "; sent again " +
           number_text("%.3f %%", facts.segments > 0, lost_share(facts) * 100) + "; round trip " +
           milliseconds_text(facts.rtt_ns) + ", at least " +
           milliseconds_text(facts.least_rtt_ns.value_or(0)) + ".";
}

std::string_view finding_of(path::Limit limit) {
    const auto row =
        std::ranges::find(kRows, limit, &std::pair<path::Limit, std::string_view>::first);
    return row == kRows.end() ? "network_limit" : row->second;
}

}  // namespace

path::LimitEvidence evidence_of(const LimitFacts& facts) {
    path::LimitEvidence evidence;
    evidence.same_host = facts.same_host;
    evidence.sender_cpu_share = facts.sender_cpu.used;
    evidence.sender_cpu_wait_share = facts.sender_cpu.waited;
    evidence.receiver_cpu_share = facts.receiver_cpu.used;
    evidence.receiver_cpu_wait_share = facts.receiver_cpu.waited;
    evidence.busy_share = facts.busy_share;
    evidence.receiver_window_share = facts.window_limited_share;
    evidence.send_buffer_share = facts.buffer_limited_share;
    if (facts.window_limited_share.value_or(0) < kFullBuffer / 2 && buffer_is_full(facts))
        evidence.send_buffer_share = std::max(facts.buffer_limited_share.value_or(0), kFullBuffer);
    evidence.retransmit_ratio = lost_share_that_matters(facts);
    evidence.idle_rtt_ns = facts.least_rtt_ns;
    // What busy hosts add to a round trip is no queue on the way; but where it is short all the
    // same, there was none.
    if (hosts_are_quiet(facts) || queue_is_beyond_hosts(facts) || round_trip_is_short(facts))
        evidence.loaded_rtt_ns = facts.rtt_ns;
    evidence.rates_bytes_per_s = facts.rates_bytes_per_s;
    if (facts.interface.link_bytes_per_s != 0)
        evidence.link_speed_bytes_per_s = static_cast<double>(facts.interface.link_bytes_per_s);
    evidence.sent = facts.segments;
    evidence.sender_dropped = facts.interface.queue_dropped;
    evidence.sender_queue_kind = facts.interface.queue_kind;
    evidence.sender_queue_is_shaper = facts.interface.queue_is_shaper;
    evidence.sender_queue_held = facts.interface.queue_held;
    evidence.others_share = share_of_others(facts);
    return evidence;
}

std::vector<Finding> limits_of(const LimitFacts& facts, std::string_view where) {
    const path::LimitJudgement judgement = path::judge_limit(evidence_of(facts));
    std::string message = std::string(where) + ": " + judgement.sentence;
    if (judgement.limit == path::Limit::receiver_window ||
        judgement.limit == path::Limit::send_buffer)
        message += buffers_text(facts);
    if (judgement.limit == path::Limit::unknown)
        message += facts_text(facts);
    return {make_finding(finding_of(judgement.limit), message)};
}

}  // namespace assay::network::tcp
