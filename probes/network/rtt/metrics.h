#pragma once

#include <array>

#include "engine/core/metric.h"

/// The round trip: echoes at a set rate, without load and under it.
namespace assay::network::rtt {

inline constexpr std::array kRttMetrics{
    Metric{.id = "network.rtt.udp",
           .title = "UDP round trip",
           .definition = "From the time at which a datagram was due to be sent, at a set rate, to "
                         "the receipt of its echo, on this host's monotonic clock; echoes only.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.rtt.udp.service",
           .title = "UDP round trip, service time",
           .definition = "As network.rtt.udp, but from the time at which the datagram was handed "
                         "to the kernel.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.rtt.tcp",
           .title = "TCP round trip",
           .definition = "From the time at which a message on an open TCP connection was due to be "
                         "sent, at a set rate, to the receipt of its whole echo, on this host's "
                         "monotonic clock; retransmissions are part of it.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.rtt.tcp.service",
           .title = "TCP round trip, service time",
           .definition = "As network.rtt.tcp, but from the time at which the message was handed to "
                         "the kernel.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.rtt.icmp",
           .title = "ICMP round trip",
           .definition = "From the time at which an ICMP echo request was due to be sent, at a set "
                         "rate, to the kernel's receive stamp of its reply (SO_TIMESTAMPNS).",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = "RFC 792, RFC 4443"},
    Metric{.id = "network.rtt.icmp.service",
           .title = "ICMP round trip, service time",
           .definition = "As network.rtt.icmp, but from the time at which the request was handed "
                         "to the kernel.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = "RFC 792, RFC 4443"},
    Metric{.id = "network.rtt.tcp_connect",
           .title = "TCP connect",
           .definition = "From the call of connect to the kernel's word that the connection "
                         "stands, on this host's monotonic clock.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.rtt.syn",
           .title = "TCP handshake",
           .definition = "From the sending of a SYN by a raw socket to the kernel's receive stamp "
                         "of its SYN/ACK; the peer's kernel answers alone.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = "RFC 9293"},
    Metric{.id = "network.rtt.jitter",
           .title = "Jitter of the round trip",
           .definition = "The smoothed difference of the round trips (service time) of "
                         "neighbouring requests: J += (|D| - J) / 16, at the end of the round.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = "RFC 3550, section 6.4.1"},
    Metric{.id = "network.rtt.lost",
           .title = "Lost echoes",
           .definition = "Requests without an answer, over requests sent; an answer that comes "
                         "within the round's patience is not lost.",
           .unit = Unit::ratio,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.rtt.bufferbloat",
           .title = "Bufferbloat",
           .definition = "The median round trip while a load fills the path, less the median of "
                         "the idle echoes right before it.",
           .unit = Unit::nanoseconds,
           .better = Better::lower,
           .source = ""},
    Metric{.id = "network.rtt.responsiveness",
           .title = "Round trips a minute under load",
           .definition = "One minute over the median round trip while a load fills the path.",
           .unit = Unit::count,
           .better = Better::higher,
           .source = "draft-ietf-ippm-responsiveness (RPM), for this one kind of echo"},
    Metric{.id = "network.rtt.load_rate",
           .title = "Load beside the echoes",
           .definition = "Payload bytes of the load that its receivers got, per second of the "
                         "loaded part of the round.",
           .unit = Unit::bytes_per_second,
           .better = Better::neither,
           .source = ""},
    Metric{.id = "network.rtt.path_mtu",
           .title = "Path MTU",
           .definition = "The largest IP packet that went to the peer unfragmented and was "
                         "answered.",
           .unit = Unit::bytes,
           .better = Better::neither,
           .source = "RFC 1191, RFC 8899"},
};
inline constexpr const Metric& kUdp = kRttMetrics[0];
inline constexpr const Metric& kUdpService = kRttMetrics[1];
inline constexpr const Metric& kTcp = kRttMetrics[2];
inline constexpr const Metric& kTcpService = kRttMetrics[3];
inline constexpr const Metric& kIcmp = kRttMetrics[4];
inline constexpr const Metric& kIcmpService = kRttMetrics[5];
inline constexpr const Metric& kTcpConnect = kRttMetrics[6];
inline constexpr const Metric& kSyn = kRttMetrics[7];
inline constexpr const Metric& kJitter = kRttMetrics[8];
inline constexpr const Metric& kLost = kRttMetrics[9];
inline constexpr const Metric& kBufferbloat = kRttMetrics[10];
inline constexpr const Metric& kResponsiveness = kRttMetrics[11];
inline constexpr const Metric& kLoadRate = kRttMetrics[12];
inline constexpr const Metric& kPathMtu = kRttMetrics[13];

}  // namespace assay::network::rtt
