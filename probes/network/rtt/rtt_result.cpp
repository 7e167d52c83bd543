#include "probes/network/rtt/rtt_result.h"

#include <algorithm>
#include <array>
#include <string>

#include "probes/network/path/number_text.h"
#include "probes/network/rtt/metrics.h"

namespace assay::network::rtt {
namespace {

struct MetricRow {
    Echo echo;
    const Metric* response;
    const Metric* service;  ///< nullptr: the kind has one time only
};
constexpr std::array kMetricRows{
    MetricRow{Echo::udp, &kUdp, &kUdpService},    MetricRow{Echo::tcp, &kTcp, &kTcpService},
    MetricRow{Echo::icmp, &kIcmp, &kIcmpService}, MetricRow{Echo::connect, &kTcpConnect, nullptr},
    MetricRow{Echo::syn, &kSyn, nullptr},
};

RoundResult times_of(Echo echo, const EchoOutcome& outcome) {
    const MetricRow& row = *std::ranges::find(kMetricRows, echo, &MetricRow::echo);
    RoundResult result;
    // A handshake's own word says from when it counts: from its sending.
    result.latencies.push_back(
        {row.response, row.service != nullptr ? outcome.response : outcome.service, 1.0});
    if (row.service != nullptr)
        result.latencies.push_back({row.service, outcome.service, 1.0});
    if (outcome.jitter_ns)
        result.values.push_back({&kJitter, *outcome.jitter_ns});
    if (outcome.sent > 0)
        result.values.push_back(
            {&kLost, static_cast<double>(outcome.lost()) / static_cast<double>(outcome.sent)});
    result.findings = echo_findings(outcome);
    return result;
}

void append(std::vector<Finding>& findings, std::vector<Finding> more) {
    findings.insert(findings.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
}

/// The frames of the load that this host sent, headers of each segment included.
std::optional<path::OwnTraffic> own_traffic(const LoadReport& load) {
    // Ethernet, IPv4 or IPv6 without options, TCP with time stamps.
    constexpr double kHeaderBytes = 14 + 20 + 32;
    if (!load.before || !load.after || !load.before->bytes_sent || !load.after->bytes_sent ||
        load.down_bytes_per_s)
        return std::nullopt;
    const auto grown = [](const std::optional<std::uint64_t>& before,
                          const std::optional<std::uint64_t>& after) {
        return before && after && *after >= *before ? static_cast<double>(*after - *before) : 0.0;
    };
    return path::OwnTraffic{
        .sent_bytes = grown(load.before->bytes_sent, load.after->bytes_sent) +
                      kHeaderBytes * grown(load.before->segments_sent, load.after->segments_sent),
        .received_bytes =
            kHeaderBytes * grown(load.before->segments_received, load.after->segments_received)};
}

std::optional<Finding> died(const LoadReport& load) {
    constexpr std::size_t kSilentIntervals = 10;  // of 100 ms
    if (!load.death.empty())
        return make_finding("load_died", "The load ended before the test did: " + load.death + ".");
    std::size_t silent = 0, longest = 0;
    for (const double rate : load.rates_bytes_per_s) {
        silent = rate > 0 ? 0 : silent + 1;
        longest = std::max(longest, silent);
    }
    const bool nothing_up = load.up_bytes_per_s && *load.up_bytes_per_s <= 0;
    const bool nothing_down = load.down_bytes_per_s && *load.down_bytes_per_s <= 0;
    if (nothing_up || nothing_down)
        return make_finding("load_died", std::string("Not a byte of the load ") +
                                             (nothing_up ? "to" : "from") + " the peer arrived.");
    if (longest >= kSilentIntervals)
        return make_finding("load_died", "The load stood still for " +
                                             std::to_string(longest / kSilentIntervals) +
                                             " s or more.");
    return std::nullopt;
}

std::optional<Finding> bloat(double idle_ns, double loaded_ns, const LoadReport& load) {
    // Below this nobody notices, and one busy CPU explains it (10 ms: the threshold under which a
    // call or a synchronous commit does not suffer).
    constexpr double kNoticedNs = 10.0 * static_cast<double>(kNanosecondsPerMillisecond);
    if (loaded_ns - idle_ns < kNoticedNs)
        return std::nullopt;
    std::string message = "The median round trip grew from " + path::milliseconds_text(idle_ns) +
                          " to " + path::milliseconds_text(loaded_ns) + " under load";
    if (load.up_bytes_per_s)
        message += ", " + path::megabits_text(*load.up_bytes_per_s) + " up";
    if (load.down_bytes_per_s)
        message += ", " + path::megabits_text(*load.down_bytes_per_s) + " down";
    return make_finding("bufferbloat", message + ".");
}

}  // namespace

RoundResult idle_result(Echo echo, const EchoRound& round) {
    RoundResult result = times_of(echo, round.outcome);
    if (round.watch)
        append(result.findings, path::path_findings(*round.watch, round.deltas, std::nullopt));
    return result;
}

path::LimitEvidence evidence_of(const EchoRound& idle, const EchoRound& loaded, bool same_host) {
    path::LimitEvidence evidence;
    evidence.same_host = same_host;
    evidence.idle_rtt_ns = idle.outcome.service.quantile(0.5);
    evidence.loaded_rtt_ns = loaded.outcome.service.quantile(0.5);
    if (!loaded.load)
        return evidence;
    const LoadReport& load = *loaded.load;
    evidence.rates_bytes_per_s = load.rates_bytes_per_s;
    if (load.before && load.after) {
        const double window_ns = loaded.deltas.seconds * static_cast<double>(kNanosecondsPerSecond);
        const auto share = [&](const std::optional<double>& before,
                               const std::optional<double>& after) -> std::optional<double> {
            if (!before || !after || window_ns <= 0)
                return std::nullopt;
            return std::clamp((*after - *before) / window_ns, 0.0, 1.0);
        };
        evidence.busy_share = share(load.before->busy_ns, load.after->busy_ns);
        evidence.receiver_window_share =
            share(load.before->receiver_window_ns, load.after->receiver_window_ns);
        evidence.send_buffer_share = share(load.before->send_buffer_ns, load.after->send_buffer_ns);
        if (load.before->segments_sent && load.after->segments_sent &&
            *load.after->segments_sent > *load.before->segments_sent) {
            evidence.sent = *load.after->segments_sent - *load.before->segments_sent;
            evidence.retransmit_ratio =
                static_cast<double>(load.after->retransmitted.value_or(0) -
                                    load.before->retransmitted.value_or(0)) /
                static_cast<double>(*evidence.sent);
        }
    }
    if (loaded.watch) {
        if (const auto& queue = loaded.watch->queue()) {
            evidence.sender_queue_kind = queue->kind;
            evidence.sender_queue_is_shaper = queue->is_shaper();
        }
        evidence.sender_queue_held = loaded.deltas.queue_held_back;
        evidence.sender_dropped = loaded.deltas.queue_dropped;
        evidence.link_speed_bytes_per_s = loaded.watch->interface_facts().speed_bytes_per_s;
    }
    if (const auto own = own_traffic(load))
        evidence.others_share = path::share_of_others(loaded.deltas, *own);
    return evidence;
}

RoundResult loaded_result(Echo echo, const EchoRound& idle, const EchoRound& loaded,
                          bool same_host) {
    RoundResult result = times_of(echo, loaded.outcome);
    if (!loaded.load)
        return result;
    const LoadReport& load = *loaded.load;
    if (load.up_bytes_per_s || load.down_bytes_per_s)
        result.values.push_back(
            {&kLoadRate, load.up_bytes_per_s.value_or(0) + load.down_bytes_per_s.value_or(0)});
    if (const auto death = died(load))
        result.findings.push_back(*death);
    const auto before = idle.outcome.service.quantile(0.5);
    const auto under_load = loaded.outcome.service.quantile(0.5);
    if (before && under_load && *under_load > 0) {
        constexpr double kSecondsPerMinute = 60;
        result.values.push_back({&kBufferbloat, *under_load - *before});
        result.values.push_back(
            {&kResponsiveness, kSecondsPerMinute * from_seconds(1) / *under_load});
        if (const auto finding = bloat(*before, *under_load, load))
            result.findings.push_back(*finding);
    }
    if (loaded.watch)
        append(result.findings,
               path::path_findings(*loaded.watch, loaded.deltas, own_traffic(load)));
    if (load.after && !load.down_bytes_per_s)
        append(result.findings,
               path::limit_findings(path::judge_limit(evidence_of(idle, loaded, same_host))));
    return result;
}

}  // namespace assay::network::rtt
