#pragma once

#include <array>

#include "probes/network/control/peer_options.h"

namespace assay::network::udp {

inline constexpr auto kUdpOptions = control::with_peer_options(std::array{
    Option{.name = "direction",
           .kind = OptionKind::choice,
           .default_text = "both",
           .choices = "up|down|both",
           .help = "up: this host sends; both: first up, then down"},
    Option{.name = "payload",
           .kind = OptionKind::bytes,
           .default_text = "1400",
           .choices = "",
           .help = "bytes of a datagram without headers, at least 32; refused where the path would "
                   "fragment it"},
    Option{.name = "rate",
           .kind = OptionKind::bytes,
           .default_text = "",
           .choices = "",
           .help =
               "payload bytes a second to send at (12.5MB is 100 Mbit/s), instead of the search "
               "for the rate without loss"},
});

}  // namespace assay::network::udp
