#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/finding.h"
#include "engine/core/histogram.h"

/// What distributions of latencies say of the device. Histograms are in ticks of the same clock;
/// ns_per_tick finite, > 0. All pure.
namespace assay::storage {

/// Two populations of latencies, a gap between them.
struct Gap {
    double low_share = 0;  ///< of the operations, in [0.08, 0.92]
    double low_ns = 0;     ///< the median of those below the gap
    double high_ns = 0;    ///< the median of those above
};

/// The widest place f in 10 ... 90 %, where quantile(f + 2 %) is at least four times
/// quantile(f - 2 %). A single population has none, however broad: for a log-normal one the
/// standard deviation would have to be above a factor of 400. nullopt below 500 operations.
std::optional<Gap> find_gap(const Histogram& ticks, double ns_per_tick);

/// bimodal_latency where there is such a gap: names both medians and shares.
std::optional<Finding> judge_modes(const Histogram& ticks, double ns_per_tick);

/// throttled_volume where operations of a closed loop come in bursts: at least half within 2 ms,
/// and the others held for 50 to 300 ms, none longer; holds that make up a third of all waiting, at
/// least three one after another for each of the operations that are in flight (their number
/// follows from Little's law). A limiter that accounts in slices (Linux: 100 ms) lets a slice's
/// operations through at once and holds the rest. window_ns > 0, of the counted operations.
std::optional<Finding> judge_bursts(const Histogram& ticks, double ns_per_tick, double window_ns);

/// lazy_volume where the median of first reads is over 1.5 times that of second reads of the same
/// offsets, with at least 50 of each.
std::optional<Finding> judge_first_touch(const Histogram& first_ticks,
                                         const Histogram& second_ticks, double ns_per_tick);

}  // namespace assay::storage
