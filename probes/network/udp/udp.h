#pragma once

#include "engine/probe.h"

namespace assay::network::udp {

/// network.udp: the highest rate at which nothing is lost, and loss, order and jitter at a set
/// rate, to the agent of --peer; without one to this host itself, labelled SELF-TEST.
extern const Probe kUdp;

}  // namespace assay::network::udp
