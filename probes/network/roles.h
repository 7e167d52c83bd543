#pragma once

#include <span>

#include "probes/network/control/role.h"

namespace assay::network {

/// Every role that `assay agent` can play: the other ends of all network probes.
std::span<const control::RoleRow> all_roles();

}  // namespace assay::network
