#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/finding.h"
#include "engine/core/metric.h"

/// What a series in time says of the device. All pure.
namespace assay::storage {

/// Operations in each of a round's slices of equal length, in time order. throttled_volume where at
/// least 8 slices of at least 50 operations (mean) differ by under 0.5 % (coefficient of
/// variation), and by less than a device left alone could: in a closed loop the variance of a count
/// is about the count times the squared relative spread of the latencies, so under 2 % of the count
/// is a device whose latencies differ by under 14 %, or a limiter at work. Where not all slices are
/// so even, those without the quarter that lies farthest from the median are judged, their variance
/// taken times four.
std::optional<Finding> judge_throttle(std::span<const double> slice_operations,
                                      std::int64_t slice_ns);

/// An operation that took long, or a time without completions.
struct Pause {
    std::int64_t duration_ns = 0;
    std::int64_t offset_ns = 0;  ///< of its begin, from the begin of the round
};

/// stalled where a pause is at least 100 ms and at least 100 times the median latency: names the
/// longest, and how many there are. median_latency_ns > 0.
std::optional<Finding> judge_stall(std::span<const Pause> pauses, double median_latency_ns);

/// Where a series changes its level most.
struct Knee {
    std::size_t index = 0;  ///< of the first value of the late part
    double early_median = 0, late_median = 0;
};

/// The split with the largest contrast of ranks: Wilcoxon's rank sum over its deviation, ties at
/// their middle rank. Each part has at least 3 values. nullopt below 6 or above 10 000 values, and
/// where all are equal or one is not finite. Source: Pettitt (1979), "A Non-Parametric Approach to
/// the Change-Point Problem".
std::optional<Knee> find_knee(std::span<const double> series);

/// How probable it is that a series whose order means nothing shows so large a contrast at any of
/// its places: a permutation test of the maximum, so that the search for the place is accounted
/// for. Exact up to the 10 000 drawn orders, of which the given one is the first (Phipson & Smyth
/// 2010); the seed is a constant. 1 where there is no knee. O(10 000 n).
double knee_p_value(std::span<const double> series);

struct Series {
    std::span<const double> values;  ///< [n] positive, in time order; at most 10 000
    Better better = Better::higher;  ///< rates: higher; latencies: lower
    std::string_view what;           ///< "operations a slice", "median latency of the rounds"
    std::int64_t spacing_ns = 0;     ///< from one value to the next; 0 = not even: no time is told
};

/// performance_fell where the median after the knee is at least 15 % worse than before, and
/// performance_rose where it is at least 15 % better; with p < 0.01, which takes ten values.
std::optional<Finding> judge_change(const Series& series);

}  // namespace assay::storage
