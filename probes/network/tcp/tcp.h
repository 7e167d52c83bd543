#pragma once

#include "engine/probe.h"

namespace assay::network::tcp {

/// network.tcp: bulk TCP between this host and the agent of --peer; without it a SELF-TEST over
/// loopback (finding `self_test`, condition peer = "self-test").
extern const Probe kTcp;

}  // namespace assay::network::tcp
