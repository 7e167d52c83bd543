#include "engine/measure/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/core/random.h"

namespace assay::measure {
namespace {

constexpr double kConfidence = 0.95;
constexpr std::size_t kFewestDraws = 40;

/// The median of a non-empty scratch copy, which it reorders.
double median_of_scratch(std::vector<double>& scratch) {
    const auto middle = scratch.begin() + static_cast<std::ptrdiff_t>(scratch.size() / 2);
    std::nth_element(scratch.begin(), middle, scratch.end());
    if (scratch.size() % 2 == 1)
        return *middle;
    const double below = *std::max_element(scratch.begin(), middle);
    // std::midpoint neither overflows for huge samples nor leaves [below, *middle].
    return std::midpoint(below, *middle);
}

}  // namespace

std::optional<double> median(std::span<const double> samples) {
    if (samples.empty())
        return std::nullopt;
    std::vector<double> scratch(samples.begin(), samples.end());
    return median_of_scratch(scratch);
}

std::optional<double> mad(std::span<const double> samples) {
    if (samples.size() < 2)
        return std::nullopt;
    std::vector<double> scratch(samples.begin(), samples.end());
    const double centre = median_of_scratch(scratch);
    for (double& sample : scratch)
        sample = std::abs(sample - centre);
    return median_of_scratch(scratch);
}

std::optional<MedianRanks> median_ranks(std::size_t sample_count) {
    if (sample_count < 6)
        return std::nullopt;
    // Binomial weights relative to the largest one, from the centre outwards: no term overflows,
    // and the tails vanish harmlessly. Both centres of an odd n weigh the same.
    const std::size_t centre = sample_count / 2;
    const auto n = static_cast<double>(sample_count);
    std::vector<double> weights{1.0};  // of centre, centre - 1, ..., 0
    for (std::size_t k = centre; k > 0 && weights.back() > 0; --k)
        weights.push_back(weights.back() * static_cast<double>(k) /
                          (n - static_cast<double>(k) + 1));
    const bool even = sample_count % 2 == 0;
    double half_total = even ? 0.5 : 1.0;
    for (std::size_t step = 1; step < weights.size(); ++step)
        half_total += weights[step];
    double covered = 0;
    for (std::size_t step = 0; step < weights.size(); ++step) {
        covered += step == 0 && even ? 0.5 : weights[step];
        const std::size_t low = centre - step;
        if (low >= 1 && covered / half_total >= kConfidence)
            return MedianRanks{low, sample_count + 1 - low, covered / half_total};
    }
    return std::nullopt;
}

std::optional<Interval> median_interval(std::span<const double> samples) {
    const std::optional<MedianRanks> ranks = median_ranks(samples.size());
    if (!ranks)
        return std::nullopt;
    std::vector<double> sorted(samples.begin(), samples.end());
    std::sort(sorted.begin(), sorted.end());
    return Interval{sorted[ranks->low - 1], sorted[ranks->high - 1]};
}

Summary summarize(std::span<const double> samples) {
    Summary summary;
    summary.n = samples.size();
    if (samples.empty())
        return summary;
    summary.median = median(samples);
    summary.min = *std::min_element(samples.begin(), samples.end());
    summary.max = *std::max_element(samples.begin(), samples.end());
    summary.mad = mad(samples);
    if (const std::optional<Interval> interval = median_interval(samples)) {
        summary.ci95_low = interval->low;
        summary.ci95_high = interval->high;
    }
    return summary;
}

Percentiles percentiles_of(const Histogram& ticks, double ns_per_tick) {
    Percentiles percentiles;
    percentiles.count = ticks.count();
    for (std::size_t index = 0; index < kPercentileNames.size(); ++index) {
        if (ticks.count() < kPercentileNames[index].operations_needed)
            continue;
        if (const auto value = ticks.quantile(kPercentileNames[index].fraction))
            percentiles.values[index] = *value * ns_per_tick;
    }
    if (const auto mean = ticks.mean())
        percentiles.mean = *mean * ns_per_tick;
    if (const auto least = ticks.min())
        percentiles.min = static_cast<double>(*least) * ns_per_tick;
    if (const auto greatest = ticks.max())
        percentiles.max = static_cast<double>(*greatest) * ns_per_tick;
    return percentiles;
}

std::optional<std::vector<double>> bootstrap(std::span<const double> samples, Statistic statistic,
                                             std::uint64_t seed, std::size_t draws) {
    if (samples.size() < 2)
        return std::nullopt;
    Xoshiro256 random(seed);
    std::vector<double> resample(samples.size());
    std::vector<double> values;
    values.reserve(draws);
    for (std::size_t draw = 0; draw < draws; ++draw) {
        for (double& pick : resample)
            pick = samples[random.below(samples.size())];
        const std::optional<double> value = statistic(resample);
        if (!value)
            return std::nullopt;
        values.push_back(*value);
    }
    return values;
}

std::optional<Interval> central_interval(std::span<const double> draws) {
    if (draws.size() < kFewestDraws)
        return std::nullopt;
    std::vector<double> sorted(draws.begin(), draws.end());
    std::sort(sorted.begin(), sorted.end());
    const auto tail = static_cast<std::size_t>(
        std::floor(static_cast<double>(sorted.size()) * (1 - kConfidence) / 2));
    return Interval{sorted[tail], sorted[sorted.size() - 1 - tail]};
}

}  // namespace assay::measure
