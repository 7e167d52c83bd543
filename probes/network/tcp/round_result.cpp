#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "engine/core/units.h"
#include "probes/network/tcp/limits.h"
#include "probes/network/tcp/metrics.h"
#include "probes/network/tcp/settling.h"
#include "probes/network/tcp/tcp_workload.h"

/// From the reports of both ends to the numbers of a round.
namespace assay::network::tcp {
namespace {

constexpr double kGigabyte = 1e9;

double seconds(std::chrono::nanoseconds time) {
    return to_seconds(time.count());
}

std::optional<SenderTick> change_in_window(const Flow& flow) {
    return sender_change(flow.sender, flow.receiver.ramp,
                         flow.receiver.ramp + flow.receiver.window);
}

/// Bytes that had come at a time since the window's beginning, between two looks in proportion.
double bytes_at(const std::vector<Arrived>& series, double at_s) {
    for (std::size_t next = 1; next < series.size(); ++next) {
        const double from = seconds(series[next - 1].at);
        const double to = seconds(series[next].at);
        if (at_s > to && next + 1 < series.size())
            continue;
        const auto low = static_cast<double>(series[next - 1].bytes);
        const auto high = static_cast<double>(series[next].bytes);
        const double share = to > from ? (at_s - from) / (to - from) : 1;
        return low + (high - low) * std::clamp(share, 0.0, 1.0);
    }
    return 0;
}

/// The rates of equal stretches of the window, as many as the receivers took looks; a receiver on a
/// busy host looks late now and then. Empty where nobody looked.
std::vector<SeriesPoint> series_of(const std::vector<Flow>& flows) {
    std::size_t looks = flows.front().receiver.series.size();
    for (const Flow& flow : flows)
        looks = std::min(looks, flow.receiver.series.size());
    std::vector<SeriesPoint> points(looks < 2 ? 0 : looks - 1);
    for (const Flow& flow : flows) {
        const auto& series = flow.receiver.series;
        for (std::size_t at = 0; at < points.size(); ++at) {
            const double stretch =
                seconds(flow.receiver.window) / static_cast<double>(points.size());
            const double begin = stretch * static_cast<double>(at);
            points[at].per_second +=
                (bytes_at(series, begin + stretch) - bytes_at(series, begin)) / stretch;
        }
    }
    return points;
}

std::optional<double> share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? std::nullopt
                      : std::optional(static_cast<double>(part) / static_cast<double>(whole));
}

LimitFacts facts_of_flow(const Flow& flow, const SenderTick& change, bool same_host) {
    const double window_ns = static_cast<double>(flow.receiver.window.count());
    const auto streams = static_cast<double>(flow.receiver.stream_bytes.size());
    std::vector<double> rates;
    for (const SeriesPoint& point : series_of({flow}))
        rates.push_back(point.per_second);
    return {.same_host = same_host,
            .bytes_per_s = bytes_per_s(flow),
            .streams = flow.receiver.stream_bytes.size(),
            .window_s = seconds(flow.receiver.window),
            .sender_cpu = {static_cast<double>(change.busiest_cpu_ns) / window_ns,
                           static_cast<double>(change.busiest_waited_ns) / window_ns},
            .receiver_cpu = {static_cast<double>(flow.receiver.busiest_cpu_ns) / window_ns,
                             static_cast<double>(flow.receiver.busiest_waited_ns) / window_ns},
            .busy_share = std::min(1.0, static_cast<double>(change.busy_ns) / window_ns / streams),
            .window_limited_share = share(change.window_limited_ns, change.busy_ns),
            .buffer_limited_share = share(change.buffer_limited_ns, change.busy_ns),
            .retransmits = change.retransmits,
            .segments = change.segments,
            .segment_bytes = flow.sender.segment_bytes,
            .rtt_ns = static_cast<double>(change.rtt_ns),
            .least_rtt_ns = flow.sender.least_rtt_ns == 0
                                ? std::nullopt
                                : std::optional(static_cast<double>(flow.sender.least_rtt_ns)),
            .send_buffer_bytes = flow.sender.send_buffer_bytes,
            .receive_buffer_bytes = flow.receiver.receive_buffer_bytes,
            .rates_bytes_per_s = std::move(rates),
            .interface = {.queue_kind = flow.sender.queue_kind,
                          .queue_is_shaper = flow.sender.queue_is_shaper != 0,
                          .queue_dropped = change.queue_dropped,
                          .queue_held = change.queue_held,
                          .sent_bytes = change.interface_bytes,
                          .link_bytes_per_s = flow.sender.link_bytes_per_s}};
}

/// "Up" or "Down".
std::string where_of(const TcpCase& measured, bool first) {
    return measured.direction == Direction::down || !first ? "Down" : "Up";
}

void add_findings(const TcpCase& measured, const Flow& flow, bool first, bool same_host,
                  RoundResult& result) {
    const std::string where = where_of(measured, first);
    if (const auto change = change_in_window(flow))
        for (Finding& finding : limits_of(facts_of_flow(flow, *change, same_host), where))
            result.findings.push_back(std::move(finding));
    if (auto differs = difference_of_ends(flow))
        result.findings.push_back(std::move(*differs));
    if (!flow.receiver.settled)
        result.findings.push_back(make_finding(
            "tcp_not_settled",
            where + ": after " +
                std::to_string(flow.receiver.ramp.count() / kNanosecondsPerMillisecond) +
                " ms the rate still changed by over 1 % in three windows."));
}

/// Over all directions of a round.
struct Totals {
    double bytes_per_s = 0;
    std::uint64_t bytes = 0, retransmits = 0, cpu_ns = 0;
    bool sender_told = true;  // the two before; false where a sending end took too few ticks
    std::vector<std::uint64_t> stream_bytes;
    std::chrono::nanoseconds ramp{};
};

Totals totals_of(const std::vector<Flow>& flows) {
    Totals totals;
    for (const Flow& flow : flows) {
        totals.bytes_per_s += bytes_per_s(flow);
        totals.bytes += flow.receiver.window_bytes();
        totals.ramp = std::max(totals.ramp, flow.receiver.ramp);
        totals.stream_bytes.insert(totals.stream_bytes.end(), flow.receiver.stream_bytes.begin(),
                                   flow.receiver.stream_bytes.end());
        const auto change = change_in_window(flow);
        totals.sender_told = totals.sender_told && change;
        if (change) {
            totals.retransmits += change->retransmits;
            totals.cpu_ns += change->cpu_ns + flow.receiver.cpu_ns;
        }
    }
    return totals;
}

}  // namespace

double bytes_per_s(const Flow& flow) {
    return static_cast<double>(flow.receiver.window_bytes()) / seconds(flow.receiver.window);
}

std::optional<Finding> difference_of_ends(const Flow& flow) {
    constexpr double kNoticeable = 0.005;
    const SenderReport& sender = flow.sender;
    const auto held = std::min(sender.taken_bytes, sender.unsent_bytes + sender.unacked_bytes);
    const auto delivered = static_cast<double>(sender.taken_bytes - held);
    const auto arrived = static_cast<double>(flow.receiver.bytes_at_close);
    const double rtt_ns =
        sender.ticks.empty() ? 0 : static_cast<double>(sender.ticks.back().rtt_ns);
    // The sender hears of the window's end half a round trip later; a scheduler may add some ms.
    const double on_the_way =
        static_cast<double>(flow.receiver.receive_buffer_bytes *
                            flow.receiver.stream_bytes.size()) +
        bytes_per_s(flow) * (rtt_ns + 1e7) / static_cast<double>(kNanosecondsPerSecond);
    const double difference = std::abs(delivered - arrived);
    if (difference <= kNoticeable * arrived || difference <= on_the_way)
        return std::nullopt;
    return make_finding(
        "tcp_ends_differ",
        "When the window closed " + std::to_string(static_cast<std::uint64_t>(arrived)) +
            " B had come, while the sender had taken " + std::to_string(sender.taken_bytes) +
            " B, of which " + std::to_string(sender.unsent_bytes) + " B were not sent and " +
            std::to_string(sender.unacked_bytes) + " B not acknowledged.");
}

RoundResult result_of(const TcpCase& measured, const std::vector<Flow>& flows, bool same_host) {
    RoundResult result;
    const Totals totals = totals_of(flows);
    for (const Flow& flow : flows)
        add_findings(measured, flow, &flow == &flows.front(), same_host, result);
    std::vector<SeriesPoint> series = series_of(flows);
    const double interval = series.empty() ? 0
                                           : seconds(flows.front().receiver.window) /
                                                 static_cast<double>(series.size());
    result.values.push_back({measured.mode == Mode::path ? &kTcpPathCapacity : &kTcpBandwidth,
                             totals.bytes_per_s, std::move(series), interval});
    if (totals.sender_told) {
        result.values.push_back({&kTcpRetransmits, static_cast<double>(totals.retransmits)});
        result.values.push_back(
            {&kTcpCpuPerGigabyte,
             static_cast<double>(totals.cpu_ns) / static_cast<double>(totals.bytes) * kGigabyte});
    }
    if (totals.stream_bytes.size() > 1)
        if (const auto fairness = jain_index(totals.stream_bytes))
            result.values.push_back({&kTcpFairness, *fairness});
    result.values.push_back({&kTcpRampTime, static_cast<double>(totals.ramp.count())});
    return result;
}

}  // namespace assay::network::tcp
