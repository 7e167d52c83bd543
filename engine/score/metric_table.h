#pragma once

#include <span>

#include "engine/score/metric_pair.h"

namespace assay::score {

/// Every metric that has a share in a category, and under which conditions two of them measure the
/// same thing. In each category one row is required: the requirement's own metric, first of its
/// category. Without it the category is not compared, which is never a pass. The others are
/// optional: they count wherever both sides have a number. What neither side has is left out openly
/// and the shares renormalised; what only one side has makes a condition.
///
/// cpu: double-precision FLOP/s (best instruction set of each side), encryption, compression and
/// decompression, all of all CPUs. memory: bandwidth of all CPUs (best kernel and NUMA node pair of
/// each side, never a sum of pairs, so that a wide machine is not credited with memory that one
/// workload cannot reach at that speed) and latency. storage: random and sequential access and
/// commits. network: TCP in both directions, what UDP carries without loss, round trip; all to the
/// same peer.
std::span<const MetricRow> metric_table();

/// The required rows alone: the requirement's formula, one metric a category (compare --compat).
std::span<const MetricRow> single_metric_table();

}  // namespace assay::score
