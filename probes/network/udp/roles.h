#pragma once

#include <array>
#include <span>

#include "probes/network/udp/receiver.h"
#include "probes/network/udp/sender.h"
#include "probes/network/udp/wishes.h"

namespace assay::network::udp {

/// The roles that an agent can play for this probe.
inline constexpr std::array kRoles{
    control::RoleRow{.name = kSendRole, .make = make_sender},
    control::RoleRow{.name = kReceiveRole, .make = make_receiver, .only_receives = true},
};
inline std::span<const control::RoleRow> roles() {
    return kRoles;
}

}  // namespace assay::network::udp
