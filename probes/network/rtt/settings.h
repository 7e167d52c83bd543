#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/probe.h"
#include "probes/network/rtt/echo_round.h"

namespace assay::network::rtt {

/// One case of the probe. Without `echo` it is the search for the path's MTU.
struct RttCase {
    std::optional<Echo> echo;
    Load load = Load::none;
};

/// What the RTT probe does, made from the user's words.
struct RttSettings {
    std::vector<RttCase> cases;
    std::optional<double> per_second;  ///< nullopt: each kind's own
    std::size_t payload_bytes = 64;
    std::size_t load_streams = 1;
    bool ping_pong = false;
    std::string congestion;  ///< control of the load
};

/// ICMP is only sent to the session's peer, and never faster.
inline constexpr double kMostIcmpPerSecond = 1000;

/// Errors: usage.
Expected<RttSettings> rtt_settings(const Request& request);
/// Requests a second of a kind: what was asked for, within the kind's limit; else its default.
double rate_of(const RttSettings& settings, Echo echo);

}  // namespace assay::network::rtt
