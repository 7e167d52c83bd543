#pragma once

#include "engine/host/host.h"
#include "probes/network/wire/fields.h"

namespace assay::network::control {

/// What this host says of itself to the other end: the kernel, and of each interface its driver,
/// speed, MTU and offloads, under names like "network.interfaces.0.mtu". What is unknown, or does
/// not fit, is left out.
Fields environment_fields(const host::Host& host);

}  // namespace assay::network::control
