#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

#include "engine/core/units.h"
#include "probes/network/rtt/bulk_load.h"

namespace assay::network::rtt {

LoadStreamFacts stream_facts(const Socket& socket) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    LoadStreamFacts facts;
    if (getsockopt(socket.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return facts;
    // An older kernel fills in less; what it did not write is unknown.
    const auto has = [size](std::size_t end) { return size >= end; };
    const auto ns = [](std::uint64_t us) {
        return static_cast<double>(us) * static_cast<double>(kNanosecondsPerMicrosecond);
    };
    if (has(offsetof(tcp_info, tcpi_sndbuf_limited) + sizeof(info.tcpi_sndbuf_limited))) {
        facts.busy_ns = ns(info.tcpi_busy_time);
        facts.receiver_window_ns = ns(info.tcpi_rwnd_limited);
        facts.send_buffer_ns = ns(info.tcpi_sndbuf_limited);
        facts.segments_sent = info.tcpi_segs_out;
        facts.segments_received = info.tcpi_segs_in;
        facts.retransmitted = info.tcpi_total_retrans;
        facts.rtt_ns = ns(info.tcpi_rtt);
        // ~0 until the first sample.
        if (info.tcpi_min_rtt != ~std::uint32_t{0})
            facts.least_rtt_ns = ns(info.tcpi_min_rtt);
    }
    if (has(offsetof(tcp_info, tcpi_bytes_sent) + sizeof(info.tcpi_bytes_sent)))
        facts.bytes_sent = info.tcpi_bytes_sent;
    return facts;
}

}  // namespace assay::network::rtt
