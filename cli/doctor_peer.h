#pragma once

#include <stop_token>
#include <vector>

#include "cli/arguments.h"
#include "engine/host/host.h"
#include "engine/probe.h"

namespace assay::cli {

/// What `doctor` says of --peer: connects to the agent, and tries whether datagrams get through in
/// both directions. Empty without --peer. Takes 20 s at most.
std::vector<CheckLine> peer_lines(const host::Host& host, const Arguments& arguments,
                                  std::stop_token stop);

}  // namespace assay::cli
