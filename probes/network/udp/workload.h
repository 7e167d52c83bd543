#pragma once

#include <memory>
#include <vector>

#include "engine/probe.h"
#include "probes/network/control/session.h"
#include "probes/network/udp/settings.h"

namespace assay::network::udp {

/// The cases of the settings against `peer`: for each direction the search for the rate without
/// loss (unless a rate was given), and a trial at a set rate that measures loss, order and jitter
/// from single datagrams. Chooses the engines by a first small trial in each direction. `host`
/// outlives the workload. `peer_conditions`: control::peer_conditions. Errors: those of play_trial.
Expected<std::unique_ptr<Workload>> make_workload(std::shared_ptr<control::Peer> peer,
                                                  const host::Host& host,
                                                  const UdpSettings& settings,
                                                  std::vector<Condition> peer_conditions,
                                                  const Interrupt& interrupt);

}  // namespace assay::network::udp
