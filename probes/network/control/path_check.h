#pragma once

#include "probes/network/control/role.h"
#include "probes/network/control/session.h"

namespace assay::network::control {

/// The role behind `udp_path_is_open`; each agent knows it.
extern const RoleRow kPathCheckRole;

/// Does a datagram get to the peer, and one back? False: they are lost on the way, so UDP is
/// blocked there. Takes some seconds at most. Errors: as Peer::begin.
Expected<bool> udp_path_is_open(Peer& peer, const Interrupt& interrupt);

}  // namespace assay::network::control
