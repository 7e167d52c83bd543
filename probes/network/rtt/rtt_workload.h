#pragma once

#include <memory>
#include <vector>

#include "engine/probe.h"
#include "probes/network/control/session.h"
#include "probes/network/rtt/settings.h"

namespace assay::network::rtt {

/// The probe's workload over an authenticated peer. `facts_of_peer` become conditions of each case.
/// Kinds that this user may not measure (ICMP, SYN), and UDP where its port is blocked on the way
/// (`port_blocked`), are left out with a finding. Errors: permission, unavailable or timed_out,
/// where no kind is left.
Expected<std::unique_ptr<Workload>> make_rtt_workload(std::shared_ptr<control::Peer> peer,
                                                      const RttSettings& settings,
                                                      std::vector<Condition> facts_of_peer,
                                                      const host::Files& files,
                                                      const Interrupt& interrupt);

}  // namespace assay::network::rtt
