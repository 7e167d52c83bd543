#pragma once

#include <optional>

#include "probes/network/control/role.h"
#include "probes/network/control/session.h"

namespace assay::network::control {

/// The role behind `udp_path_is_open`; each agent knows it.
extern const RoleRow kPathCheckRole;

/// Does a datagram get to the peer, and one back? False: they are lost on the way, so UDP is
/// blocked there. Takes some seconds at most. Errors: as Peer::begin.
Expected<bool> udp_path_is_open(Peer& peer, const Interrupt& interrupt);

/// The same, and why not: nullopt where the path is open. An errno of 0 in it means silence; any
/// other is what an ICMP message on the way was turned into.
Expected<std::optional<Error>> udp_path_trouble(Peer& peer, const Interrupt& interrupt);

}  // namespace assay::network::control
