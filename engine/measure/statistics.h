#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/histogram.h"
#include "engine/core/measurement.h"

/// Statistics on rounds. Everything here is pure: no clock, no global state, the same answer on
/// every machine. Samples are finite, in any one unit and any order. What the sample is too small
/// for is nullopt, never 0.
namespace assay::measure {

/// The middle sample, or the mean of the middle two. nullopt without samples.
std::optional<double> median(std::span<const double> samples);

/// Median absolute deviation from the median, raw: not scaled to a normal deviation. nullopt below
/// two samples, which say nothing of spread.
std::optional<double> mad(std::span<const double> samples);

/// Which sorted samples bound the median: 1-based ranks `low` and `high` = n + 1 - low.
struct MedianRanks {
    std::size_t low = 0, high = 0;
    double coverage = 0;  ///< exact, at least 0.95
    bool operator==(const MedianRanks&) const = default;
};
/// The narrowest symmetric ranks whose exact binomial coverage P(low <= B(n, 1/2) <= n - low) is at
/// least 95 %. nullopt below six samples, where even minimum and maximum cover less. Free of any
/// assumption on the distribution. Source: David & Nagaraja, "Order Statistics", section 7.1.
std::optional<MedianRanks> median_ranks(std::size_t sample_count);

struct Interval {
    double low = 0, high = 0;
    bool operator==(const Interval&) const = default;
};
/// The order-statistic 95 % interval of the median, by `median_ranks`.
std::optional<Interval> median_interval(std::span<const double> samples);

/// All of the above, with exact minimum and maximum.
Summary summarize(std::span<const double> samples);

/// Percentiles of operations in ns. One that the count cannot carry (kPercentileNames) is nullopt;
/// count, mean, min and max are exact. ns_per_tick finite, > 0.
Percentiles percentiles_of(const Histogram& ticks, double ns_per_tick);

using Statistic = std::optional<double> (*)(std::span<const double>);

/// The statistic of `draws` resamples with replacement, in the order drawn. nullopt below two
/// samples, or where the statistic is.
std::optional<std::vector<double>> bootstrap(std::span<const double> samples, Statistic statistic,
                                             std::uint64_t seed, std::size_t draws);

/// The central 95 % of bootstrap draws (percentile interval). nullopt below 40 draws, which have no
/// 2.5 % tail.
std::optional<Interval> central_interval(std::span<const double> draws);

}  // namespace assay::measure
