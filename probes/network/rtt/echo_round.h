#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "probes/network/control/session.h"
#include "probes/network/path/limit.h"
#include "probes/network/path/path_watch.h"
#include "probes/network/rtt/bulk_load.h"
#include "probes/network/rtt/echo_books.h"
#include "probes/network/rtt/echo_path.h"
#include "probes/network/rtt/path_mtu.h"

namespace assay::network::rtt {

enum class Echo { udp, tcp, icmp, connect, syn };
enum class Load { none, up, down, both };
std::string_view name_of(Echo echo);  ///< "udp": as in conditions
std::string_view name_of(Load load);  ///< "up": the direction of the load

/// What one stretch of echoes is.
struct EchoPlan {
    Echo echo = Echo::udp;
    Load load = Load::none;
    double per_second = 1000;
    std::size_t payload_bytes = 64;
    std::size_t load_streams = 1;         ///< in each loaded direction
    std::string congestion;               ///< control of the load
    bool ping_pong = false;               ///< a closed loop, for comparison with other tools
    std::chrono::nanoseconds ramp{};      ///< of the load, before the first echo
    std::chrono::nanoseconds duration{};  ///< of the echoes
    std::chrono::nanoseconds patience = std::chrono::seconds(1);
};

/// What the load did while the echoes ran. Rates are those of the receivers.
struct LoadReport {
    std::optional<double> up_bytes_per_s, down_bytes_per_s;
    std::vector<double> rates_bytes_per_s;  ///< of the direction that was loaded; up, if both
    std::string death;                      ///< why it ended early; empty = it lived
    std::optional<LoadStreamFacts> before, after;  ///< of this host's sending stream
};

struct EchoRound {
    EchoOutcome outcome;
    std::optional<LoadReport> load;
    std::uint64_t echoed = 0;  ///< as the agent counted; 0 for kinds that its kernel answers
    std::string transport;     ///< "ping" or "raw" for ICMP, else empty
    path::PathDeltas deltas;   ///< of this host over the echoes
    std::optional<path::PathWatch> watch;
};

/// Plays one stretch: the agent's role and this end of it. Errors: those of the peer, the path and
/// the interrupt.
Expected<EchoRound> play_round(control::Peer& peer, const EchoPlan& plan, const host::Files& files,
                               const Interrupt& interrupt);

/// The path's MTU, by the agent's echo role.
Expected<PathMtu> measure_mtu(control::Peer& peer, const Interrupt& interrupt);

}  // namespace assay::network::rtt
