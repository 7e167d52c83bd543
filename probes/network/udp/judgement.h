#pragma once

#include <vector>

#include "engine/core/finding.h"
#include "engine/probe.h"
#include "probes/network/path/limit.h"
#include "probes/network/udp/lossless.h"
#include "probes/network/udp/trial.h"

namespace assay::network::udp {

/// The metrics of a trial at a set rate: loss, reordered, duplicated, late, and jitter where the
/// kernel stamped enough datagrams. A ratio whose base is 0 is absent.
std::vector<RoundValue> values_of(const Trial& trial);

/// What is to be said of a trial: drops of either host, contradictions, foreign datagrams, changed
/// bytes, and a sender that did not keep the rate of `asked_per_s` datagrams.
std::vector<Finding> findings_of(const Trial& trial, std::size_t payload_bytes, double asked_per_s);

/// What path::judge_limit can know of one.
path::LimitEvidence evidence_of(const Trial& trial, std::size_t payload_bytes, double asked_per_s);

/// What is to be said of a search: where the loss was that ended it, and what limited it.
std::vector<Finding> findings_of(const LosslessRate& rate);

}  // namespace assay::network::udp
