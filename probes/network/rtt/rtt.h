#pragma once

#include "engine/probe.h"

namespace assay::network::rtt {

/// network.rtt: round trips over UDP, TCP and ICMP, idle and under load, handshakes, and the path's
/// MTU, to the agent of --peer; without one to this host itself, labelled SELF-TEST.
extern const Probe kRtt;

}  // namespace assay::network::rtt
