#pragma once

#include <array>

#include "engine/probe.h"
#include "probes/network/control/peer_options.h"

namespace assay::network::rtt {

inline constexpr std::array kRttOptions{
    control::kPeerOption,
    control::kKeyOption,
    control::kCertOption,
    control::kCertKeyOption,
    control::kAuthorityOption,
    Option{.name = "protocol",
           .kind = OptionKind::choice,
           .default_text = "all",
           .choices = "all|udp|tcp|icmp|connect|syn|mtu",
           .help = "measure this kind of round trip only, or the path's MTU"},
    Option{.name = "load",
           .kind = OptionKind::choice,
           .default_text = "",
           .choices = "none|up|down|both",
           .help = "fill the path by TCP in this direction meanwhile; without it idle first, then "
                   "UDP echoes under load up and down"},
    Option{.name = "rate",
           .kind = OptionKind::count,
           .default_text = "1000, ICMP and handshakes 100",
           .choices = "",
           .help = "requests a second, 1 to 10000 (ICMP at most 1000)"},
    Option{.name = "payload",
           .kind = OptionKind::bytes,
           .default_text = "64",
           .choices = "",
           .help = "bytes of each request and answer, 24 to 65507"},
    Option{.name = "streams",
           .kind = OptionKind::count,
           .default_text = "1",
           .choices = "",
           .help = "TCP streams of the load in each direction, 1 to 16"},
    Option{.name = "congestion",
           .kind = OptionKind::text,
           .default_text = "cubic, else reno",
           .choices = "",
           .help = "TCP congestion control of the load; one that fills queues shows their depth"},
    Option{.name = "loop",
           .kind = OptionKind::choice,
           .default_text = "open",
           .choices = "open|closed",
           .help = "closed: the next request waits for the answer, as ping-pong tools do; says "
                   "nothing of stalls"},
};

}  // namespace assay::network::rtt
