#include "probes/network/path/path_watch.h"

#include <algorithm>
#include <utility>

#include "probes/network/path/number_text.h"

namespace assay::network::path {
namespace {

using Count = std::optional<std::uint64_t>;

Count difference(Count before, Count after) {
    return before && after && *after >= *before ? Count(*after - *before) : std::nullopt;
}

/// The sum of what is known; nullopt where nothing is.
Count sum(Count one, Count other) {
    if (!one || !other)
        return one ? one : other;
    return *one + *other;
}

std::optional<InterfaceCounters> difference(const std::optional<InterfaceCounters>& before,
                                            const std::optional<InterfaceCounters>& after) {
    // A driver that was reloaded begins at 0 again; then nothing can be said.
    if (!before || !after || after->rx_bytes < before->rx_bytes ||
        after->tx_bytes < before->tx_bytes)
        return std::nullopt;
    return InterfaceCounters{.rx_bytes = after->rx_bytes - before->rx_bytes,
                             .tx_bytes = after->tx_bytes - before->tx_bytes,
                             .rx_packets = after->rx_packets - before->rx_packets,
                             .tx_packets = after->tx_packets - before->tx_packets,
                             .rx_dropped = after->rx_dropped - before->rx_dropped,
                             .tx_dropped = after->tx_dropped - before->tx_dropped,
                             .rx_errors = after->rx_errors - before->rx_errors,
                             .tx_errors = after->tx_errors - before->tx_errors,
                             .rx_missed = after->rx_missed - before->rx_missed};
}

std::optional<double> busiest_share(const std::map<int, host::CpuTicks>& before,
                                    const std::map<int, host::CpuTicks>& after) {
    std::optional<double> most;
    for (const auto& [cpu, now] : after) {
        const auto then = before.find(cpu);
        // Below ten ticks (0.1 s) a share is too coarse to be told.
        if (then == before.end() || now.whole < then->second.whole + 10 ||
            now.busy < then->second.busy)
            continue;
        const double share = static_cast<double>(now.busy - then->second.busy) /
                             static_cast<double>(now.whole - then->second.whole);
        most = std::max(most.value_or(0), share);
    }
    return most;
}

}  // namespace

PathWatch::PathWatch(host::Files files, Route route, InterfaceFacts facts)
    : files_(std::move(files)), route_(std::move(route)), interface_(std::move(facts)) {}

Expected<PathWatch> PathWatch::start(const host::Files& files, const Endpoint& remote) {
    ASSAY_TRY(Route route, route_to(remote));
    ASSAY_TRY(InterfaceFacts facts, interface_of(route.interface_index));
    PathWatch watch(files, std::move(route), std::move(facts));
    watch.first_ = watch.look();
    return watch;
}

PathWatch::Look PathWatch::look() const {
    Look look;
    look.time = std::chrono::steady_clock::now();
    if (const auto counts = interface_counters(route_.interface_index))
        look.interface_counts = *counts;
    if (const auto queue = queue_discipline_of(route_.interface_index))
        look.queue = *queue;
    look.counters = host::read_protocol_counters(files_);
    look.softnet = host::read_softnet_counters(files_);
    look.cpu_ticks = host::read_cpu_ticks(files_);
    return look;
}

PathDeltas PathWatch::deltas() const {
    const Look now = look();
    const auto counted = [&](std::string_view name) {
        return difference(host::counter(first_.counters, name), host::counter(now.counters, name));
    };
    PathDeltas deltas;
    deltas.seconds = std::chrono::duration<double>(now.time - first_.time).count();
    deltas.interface_counts = difference(first_.interface_counts, now.interface_counts);
    if (first_.queue && now.queue && first_.queue->kind == now.queue->kind) {
        deltas.queue_dropped = difference(first_.queue->dropped, now.queue->dropped);
        deltas.queue_held_back = difference(first_.queue->held_back, now.queue->held_back);
    }
    deltas.udp_receive_buffer_drops =
        sum(counted("Udp.RcvbufErrors"), counted("Udp6.RcvbufErrors"));
    deltas.udp_send_buffer_drops = sum(counted("Udp.SndbufErrors"), counted("Udp6.SndbufErrors"));
    deltas.fragments_made = sum(counted("Ip.FragCreates"), counted("Ip6.FragCreates"));
    deltas.reassembly_failures = sum(counted("Ip.ReasmFails"), counted("Ip6.ReasmFails"));
    deltas.tcp_retransmitted = counted("Tcp.RetransSegs");
    deltas.tcp_sent = counted("Tcp.OutSegs");
    if (first_.softnet && now.softnet)
        deltas.backlog_dropped = difference(first_.softnet->dropped, now.softnet->dropped);
    deltas.busiest_cpu_share = busiest_share(first_.cpu_ticks, now.cpu_ticks);
    return deltas;
}

std::optional<double> share_of_others(const PathDeltas& deltas, const OwnTraffic& own) {
    constexpr double kFewestBytes = 1e6;
    if (!deltas.interface_counts)
        return std::nullopt;
    const auto share = [](double carried, double ours) -> std::optional<double> {
        if (carried < kFewestBytes)
            return std::nullopt;
        return std::max(0.0, carried - ours) / carried;
    };
    const auto sent = share(static_cast<double>(deltas.interface_counts->tx_bytes), own.sent_bytes);
    const auto received =
        share(static_cast<double>(deltas.interface_counts->rx_bytes), own.received_bytes);
    if (!sent || !received)
        return sent ? sent : received;
    return std::max(*sent, *received);
}

std::vector<Finding> path_findings(const PathWatch& watch, const PathDeltas& deltas,
                                   const std::optional<OwnTraffic>& own) {
    std::vector<Finding> findings;
    const std::string& name = watch.interface_facts().name;
    if (own)
        if (const auto share = share_of_others(deltas, *own); share && *share > kMostShareOfOthers)
            findings.push_back(make_finding("competing_traffic",
                                            percent_text(*share) + " of the bytes that " + name +
                                                " carried during the test were not the test's."));
    if (deltas.fragments_made.value_or(0) > 0 || deltas.reassembly_failures.value_or(0) > 0)
        findings.push_back(
            make_finding("fragmented", std::to_string(deltas.fragments_made.value_or(0)) +
                                           " IP fragments were made and " +
                                           std::to_string(deltas.reassembly_failures.value_or(0)) +
                                           " reassemblies failed on this host during the test."));
    if (deltas.interface_counts) {
        const InterfaceCounters& counts = *deltas.interface_counts;
        const std::uint64_t lost =
            counts.rx_errors + counts.tx_errors + counts.rx_missed + counts.tx_dropped;
        if (lost > 0)
            findings.push_back(make_finding(
                "interface_losses",
                name + " counted " + std::to_string(counts.rx_errors) + " receive errors, " +
                    std::to_string(counts.tx_errors) + " send errors, " +
                    std::to_string(counts.rx_missed) + " packets that the card missed and " +
                    std::to_string(counts.tx_dropped) + " that it dropped when sending."));
    }
    if (deltas.backlog_dropped.value_or(0) > 0)
        findings.push_back(make_finding("interface_losses",
                                        "A CPU of this host dropped " +
                                            std::to_string(*deltas.backlog_dropped) +
                                            " received packets because its backlog was full."));
    return findings;
}

}  // namespace assay::network::path
