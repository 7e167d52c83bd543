#pragma once

#include <array>

#include "engine/core/metric.h"

namespace assay::network {

inline constexpr std::array kTcpMetrics{
    Metric{.id = "network.tcp.bandwidth",
           .title = "TCP bandwidth",
           .definition = "Payload bytes that the receiver's recv calls copied to user memory over "
                         "all streams, from the end of the ramp to the end of the round on the "
                         "receiver's monotonic clock, per second of that window.",
           .unit = Unit::bytes_per_second,
           .better = Better::higher,
           .source = ""},
    Metric{.id = "network.tcp.retransmits",
           .title = "TCP retransmits",
           .definition = "Segments that the sender's kernel sent again over all streams, from the "
                         "end of the ramp to the end of the round: the difference of "
                         "tcpi_total_retrans.",
           .unit = Unit::count,
           .better = Better::lower,
           .source = "tcp(7), TCP_INFO"},
};
inline constexpr const Metric& kTcpBandwidth = kTcpMetrics[0];
inline constexpr const Metric& kTcpRetransmits = kTcpMetrics[1];

}  // namespace assay::network
