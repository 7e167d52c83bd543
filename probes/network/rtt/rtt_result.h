#pragma once

#include <optional>

#include "engine/probe.h"
#include "probes/network/rtt/echo_round.h"

namespace assay::network::rtt {

/// The numbers and findings of an idle stretch of echoes.
RoundResult idle_result(Echo echo, const EchoRound& round);

/// Those of a stretch under load, judged against the idle one right before it: bufferbloat, load
/// that died, and what limited the load where this host sent it.
RoundResult loaded_result(Echo echo, const EchoRound& idle, const EchoRound& loaded,
                          bool same_host);

/// What this host knows of the limit of a load that it sent (direction up). Pure.
path::LimitEvidence evidence_of(const EchoRound& idle, const EchoRound& loaded, bool same_host);

}  // namespace assay::network::rtt
