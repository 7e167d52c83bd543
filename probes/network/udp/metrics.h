#pragma once

#include <array>

#include "engine/core/metric.h"

namespace assay::network::udp {

inline constexpr std::array kMetrics{
    Metric{.id = "network.udp.lossless_rate",
           .title = "UDP rate without loss",
           .definition =
               "UDP payload bytes that the receiver took in the longest trial of a search "
               "at the highest rate at which no datagram was lost, from the end of the "
               "trial's ramp to its last datagram on the receiver's monotonic clock, per "
               "second; headers do not count.",
           .unit = Unit::bytes_per_second,
           .better = Better::higher,
           .source = "RFC 2544, section 26.1, with trials that grow longer"},
    Metric{.id = "network.udp.loss",
           .title = "UDP datagrams lost in the network",
           .definition =
               "Datagrams that left the sending host and reached neither the receiver nor "
               "a drop counter of its host, per datagram that the sending host's kernel "
               "took, half a second after the last was sent at the earliest; what either "
               "host dropped is not in it.",
           .unit = Unit::ratio,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.udp.jitter",
           .title = "UDP interarrival jitter",
           .definition =
               "Mean over the round of the interarrival jitter J of single datagrams, from "
               "the sender's clock before each send and the receiving kernel's time "
               "stamps.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = "RFC 3550, section 6.4.1"},
    Metric{.id = "network.udp.reordered",
           .title = "UDP datagrams reordered",
           .definition = "Delivered datagrams that came after one with a higher sequence number, "
                         "per datagram delivered; second copies count nowhere in it.",
           .unit = Unit::ratio,
           .better = Better::lower,
           .source = "RFC 4737, section 3"},
    Metric{.id = "network.udp.duplicated",
           .title = "UDP datagrams duplicated",
           .definition = "Further copies of delivered datagrams, per datagram delivered.",
           .unit = Unit::ratio,
           .better = Better::lower,
           .source = "RFC 5560"},
    Metric{.id = "network.udp.late",
           .title = "UDP datagrams late",
           .definition = "Delivered datagrams that took over half a second longer than the fastest "
                         "one before them, per datagram delivered; they are not lost.",
           .unit = Unit::ratio,
           .better = Better::lower,
           .source = ""},
};
inline constexpr const Metric& kLosslessRate = kMetrics[0];
inline constexpr const Metric& kLoss = kMetrics[1];
inline constexpr const Metric& kJitter = kMetrics[2];
inline constexpr const Metric& kReordered = kMetrics[3];
inline constexpr const Metric& kDuplicated = kMetrics[4];
inline constexpr const Metric& kLate = kMetrics[5];

}  // namespace assay::network::udp
