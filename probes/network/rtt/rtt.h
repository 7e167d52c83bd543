#pragma once

#include "engine/probe.h"

namespace assay::network::rtt {

/// Round trips to the peer: UDP, TCP, ICMP, handshakes; idle and under load; the path's MTU.
extern const Probe kRtt;

}  // namespace assay::network::rtt
