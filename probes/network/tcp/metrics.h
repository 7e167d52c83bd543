#pragma once

#include <array>

#include "engine/core/metric.h"

namespace assay::network::tcp {

inline constexpr std::array kTcpMetrics{
    Metric{.id = "network.tcp.bandwidth",
           .title = "TCP bandwidth",
           .definition = "Payload bytes that the receivers' recv calls copied to user memory over "
                         "all streams and directions, from the end of the ramp to the end of the "
                         "window on each receiver's monotonic clock, per second of that window.",
           .unit = Unit::bytes_per_second,
           .better = Better::higher,
           .source = ""},
    Metric{.id = "network.tcp.path_capacity",
           .title = "TCP path capacity",
           .definition = "As the bandwidth, but neither end copies: the sender hands on pages of a "
                         "file in memory (sendfile), and the receiver drops what came (MSG_TRUNC).",
           .unit = Unit::bytes_per_second,
           .better = Better::higher,
           .source = "tcp(7), sendfile(2)"},
    Metric{.id = "network.tcp.retransmits",
           .title = "TCP retransmits",
           .definition = "Segments that the senders' kernels sent again over all streams, from the "
                         "end of the ramp to the end of the window: the difference of "
                         "tcpi_total_retrans.",
           .unit = Unit::count,
           .better = Better::lower,
           .source = "tcp(7), TCP_INFO"},
    Metric{.id = "network.tcp.fairness",
           .title = "TCP fairness",
           .definition = "Jain's index over the bytes that each stream brought in the window: 1 = "
                         "all alike, 1/n = one stream had everything.",
           .unit = Unit::ratio,
           .better = Better::higher,
           .source = "Jain, Chiu, Hawe (1984), DEC-TR-301"},
    Metric{.id = "network.tcp.ramp_time",
           .title = "TCP ramp",
           .definition = "From a receiver's first byte until the rate had settled (its change over "
                         "three windows below 1 %), or the longest ramp was over; the slower "
                         "direction.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.tcp.cpu_per_gigabyte",
           .title = "TCP CPU time per GB",
           .definition = "CPU time of the sending and receiving threads of both hosts in the "
                         "window, for 10^9 payload bytes; interrupts that other threads took are "
                         "not in it.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = ""},
};
inline constexpr const Metric& kTcpBandwidth = kTcpMetrics[0];
inline constexpr const Metric& kTcpPathCapacity = kTcpMetrics[1];
inline constexpr const Metric& kTcpRetransmits = kTcpMetrics[2];
inline constexpr const Metric& kTcpFairness = kTcpMetrics[3];
inline constexpr const Metric& kTcpRampTime = kTcpMetrics[4];
inline constexpr const Metric& kTcpCpuPerGigabyte = kTcpMetrics[5];

}  // namespace assay::network::tcp
