#pragma once

#include <memory>

#include "probes/network/control/role.h"
#include "probes/network/udp/wishes.h"

namespace assay::network::udp {

/// Row function of "udp.receive": receives one flow until it is asked to finish, and counts. Its
/// answer to prepare: "engine", "receive_buffer_bytes" as granted. Its progress: "delivered".
Expected<std::unique_ptr<control::Role>> make_receiver(const Fields& wishes,
                                                       const control::Caps& caps);

}  // namespace assay::network::udp
