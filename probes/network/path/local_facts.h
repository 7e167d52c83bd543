#pragma once

#include "engine/host/files.h"
#include "probes/network/path/path_watch.h"
#include "probes/network/wire/fields.h"

namespace assay::network::path {

/// What one end of a path says of itself, for the other end's result file (PeerFacts::environment):
/// interface, driver, speed, MTU, queue, offloads, and the sysctls that limit a transfer. What is
/// unknown has no field. Names: "nic.driver", "nic.tcp_segmentation", "sysctl.rmem_max".
Fields local_facts(const host::Files& files, const Route& route);

}  // namespace assay::network::path
