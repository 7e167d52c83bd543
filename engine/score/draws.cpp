#include "engine/score/draws.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/measure/statistics.h"

namespace assay::score {
namespace {

constexpr std::size_t kMostExact = 32;
constexpr std::size_t kMostPicks = 20'000'000;
constexpr std::size_t kFewestDraws = 1'000;

double unit_interval(Xoshiro256& random) {
    return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
}

/// Box and Muller (1958).
double standard_normal(Xoshiro256& random) {
    const double radius = std::sqrt(-2 * std::log(unit_interval(random)));
    return radius * std::cos(2 * std::numbers::pi * unit_interval(random));
}

double choose(std::size_t n, std::size_t k) {
    double ways = 1;
    for (std::size_t index = 1; index <= k; ++index)
        ways = ways * static_cast<double>(n - k + index) / static_cast<double>(index);
    return ways;
}

/// P(at least k of n), each with the given probability.
double at_least(std::size_t k, std::size_t n, double probability) {
    double sum = 0;
    for (std::size_t count = k; count <= n; ++count)
        sum += choose(n, count) * std::pow(probability, static_cast<double>(count)) *
               std::pow(1 - probability, static_cast<double>(n - count));
    return std::clamp(sum, 0.0, 1.0);
}

/// P(the k-th smallest of a resample is at most the i-th of the sorted samples), both from 0.
double rank_at_most(std::size_t k, std::size_t i, std::size_t n) {
    return at_least(k + 1, n, static_cast<double>(i + 1) / static_cast<double>(n));
}

/// P(the middle two of an even resample are exactly the samples i < j): half of the picks are at
/// most i and one of them is i, the other half at least j and one of them is j.
double middle_two(std::size_t i, std::size_t j, std::size_t n) {
    const double size = static_cast<double>(n), half = size / 2;
    const auto exactly = [&](double upto) {
        return std::pow(upto / size, half) - std::pow((upto - 1) / size, half);
    };
    return choose(n, n / 2) * exactly(static_cast<double>(i + 1)) *
           exactly(static_cast<double>(n - j));
}

/// The tail of each round, for how far it moves: the middle one over the round's stretches.
std::vector<double> round_tails(const Measurement& measurement, Statistic statistic) {
    const bool is_tail =
        statistic == Statistic::p95 || statistic == Statistic::p99 || statistic == Statistic::p999;
    std::vector<double> tails;
    for (const RoundSeries& round : measurement.series) {
        std::vector<double> stretches;
        for (const SeriesPoint& point : round.points)
            if (const auto& value = is_tail ? point.p99 : point.p50; value && *value > 0)
                stretches.push_back(*value);
        if (const auto middle = measure::median(stretches))
            tails.push_back(*middle);
    }
    return tails.size() == measurement.samples.size() ? tails : measurement.samples;
}

/// The distribution of all operations, as far as its percentiles are known.
class Quantiles {
  public:
    explicit Quantiles(const Percentiles& percentiles) {
        add(0, percentiles.min);
        for (std::size_t index = 0; index < kPercentileNames.size(); ++index)
            add(kPercentileNames[index].fraction, percentiles.values[index]);
        add(1 - 0.5 / static_cast<double>(std::max<std::uint64_t>(percentiles.count, 1)),
            percentiles.max);
    }
    double log_at(double fraction) const {
        const double at = exceedance(fraction);
        const auto after = std::ranges::find_if(
            points_, [&](const Point& point) { return point.exceedance >= at; });
        if (after == points_.begin())
            return points_.front().log_value;
        if (after == points_.end())
            return points_.back().log_value;
        const Point& left = *(after - 1);
        const double share = (at - left.exceedance) / (after->exceedance - left.exceedance);
        return left.log_value + share * (after->log_value - left.log_value);
    }

  private:
    struct Point {
        double exceedance, log_value;
    };
    static double exceedance(double fraction) { return -std::log1p(-fraction); }
    void add(double fraction, const std::optional<double>& value) {
        if (!value || !(*value > 0) || !std::isfinite(*value))
            return;
        const double at = exceedance(fraction), log_value = std::log(*value);
        if (points_.empty() || at > points_.back().exceedance)
            points_.push_back({at, log_value});
    }
    std::vector<Point> points_;
};

bool are_positive(std::span<const double> samples) {
    return std::ranges::all_of(samples,
                               [](double sample) { return sample > 0 && std::isfinite(sample); });
}

double fraction_of(Statistic statistic) {
    for (const PercentileName& name : kPercentileNames)
        if (name.name == name_of(statistic))
            return name.fraction;
    return 0.5;
}

}  // namespace

LogMedianDraws::LogMedianDraws(std::span<const double> samples)
    : samples_(samples.begin(), samples.end()), resample_(samples.size()) {
    std::ranges::sort(samples_);
    const std::size_t n = samples_.size();
    if (n > kMostExact)
        return;
    double cumulative = 0;
    const auto add = [&](std::size_t i, std::size_t j, double probability) {
        cumulative += probability;
        outcomes_.push_back({std::log((samples_[i] + samples_[j]) / 2), cumulative});
    };
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t middle = (n - 1) / 2;
        double here = rank_at_most(middle, i, n) - (i > 0 ? rank_at_most(middle, i - 1, n) : 0);
        if (n % 2 == 0)
            for (std::size_t j = i + 1; j < n; ++j) {
                const double apart = middle_two(i, j, n);
                here -= apart;
                add(i, j, apart);
            }
        add(i, i, std::max(here, 0.0));
    }
    outcomes_.back().cumulative = 1;
}

double LogMedianDraws::next(Xoshiro256& random) {
    if (outcomes_.empty()) {
        for (double& pick : resample_)
            pick = samples_[random.below(samples_.size())];
        return std::log(*measure::median(resample_));
    }
    const double at = unit_interval(random);
    const auto found = std::ranges::lower_bound(outcomes_, at, {}, &Outcome::cumulative);
    return found == outcomes_.end() ? outcomes_.back().log_value : found->log_value;
}

std::optional<std::vector<double>> log_draws(const Measurement& measurement, Statistic statistic,
                                             std::uint64_t seed, std::size_t draws) {
    const bool is_median = statistic == Statistic::median;
    const std::vector<double> rounds =
        is_median ? measurement.samples : round_tails(measurement, statistic);
    if (rounds.size() < 2 || !are_positive(rounds))
        return std::nullopt;
    Xoshiro256 random(seed);
    LogMedianDraws medians(rounds);
    std::vector<double> values(draws);
    if (is_median) {
        for (double& value : values)
            value = medians.next(random);
        return values;
    }
    if (!measurement.percentiles || measurement.percentiles->count == 0)
        return std::nullopt;
    const Quantiles quantiles(*measurement.percentiles);
    const double fraction = fraction_of(statistic);
    const double spread =
        std::sqrt(fraction * (1 - fraction) / static_cast<double>(measurement.percentiles->count));
    const double centre = std::log(*measure::median(rounds));
    for (double& value : values)
        value = medians.next(random) - centre +
                quantiles.log_at(
                    std::clamp(fraction + spread * standard_normal(random), 0.0, 1 - 0x1p-50));
    return values;
}

double probability_of(std::span<const double> log_values, double bound, bool is_ceiling) {
    // A draw that is the bound itself meets it, whatever its last bit.
    constexpr double kLastBits = 1e-12;
    const double limit = std::log(bound);
    const auto met = std::ranges::count_if(log_values, [&](double value) {
        return is_ceiling ? value <= limit + kLastBits : value >= limit - kLastBits;
    });
    return static_cast<double>(met) / static_cast<double>(log_values.size());
}

double settled(double score) {
    // Above 10^3 the last bits are below 10^-12 of nothing that a grade asks.
    constexpr double kSteps = 1e12;
    return score < 1000 ? std::round(score * kSteps) / kSteps : score;
}

std::size_t bounded_draws(std::size_t wanted, std::size_t rounds) {
    return std::min(wanted, std::max(kFewestDraws, kMostPicks / std::max<std::size_t>(rounds, 1)));
}

}  // namespace assay::score
