#pragma once

#include <memory>

#include "probes/network/control/role.h"
#include "probes/network/udp/wishes.h"

namespace assay::network::udp {

/// Row function of "udp.send": sends one flow by a schedule, and says what became of each datagram
/// on this host. Its answer to prepare: "engine", "datagrams_per_s", "most_datagrams",
/// "duration_ns" as granted, and "most_payload" of the path. Its progress: "sent", and "done" 1
/// once it has sent everything.
Expected<std::unique_ptr<control::Role>> make_sender(const Fields& wishes,
                                                     const control::Caps& caps);

}  // namespace assay::network::udp
