#include "engine/score/draws.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>

#include "engine/measure/statistics.h"

namespace assay::score {
namespace {

/// How finely a distribution of medians is known.
constexpr std::size_t kSteps = 2048;
constexpr std::size_t kMostPlainRounds = 1000;

double unit_interval(Xoshiro256& random) {
    return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
}

/// Box and Muller (1958).
double standard_normal(Xoshiro256& random) {
    const double radius = std::sqrt(-2 * std::log(unit_interval(random)));
    return radius * std::cos(2 * std::numbers::pi * unit_interval(random));
}

/// The quantiles of Beta(a, a), a = (n + 1) / 2, at the middles of kSteps equal steps.
std::vector<double> make_beta_quantiles(std::size_t n) {
    constexpr std::size_t kGrid = 20'000;
    const double exponent = (static_cast<double>(n) + 1) / 2 - 1;
    std::vector<double> cumulative(kGrid + 1, 0);
    for (std::size_t cell = 1; cell <= kGrid; ++cell) {
        const double at = (static_cast<double>(cell) - 0.5) / kGrid;
        // 4 x (1 - x) is 1 in the middle, so that large exponents lose the edges and not the peak.
        cumulative[cell] = cumulative[cell - 1] + std::exp(exponent * std::log(4 * at * (1 - at)));
    }
    std::vector<double> quantiles(kSteps);
    std::size_t cell = 1;
    for (std::size_t step = 0; step < kSteps; ++step) {
        const double wanted = cumulative.back() * (static_cast<double>(step) + 0.5) / kSteps;
        while (cumulative[cell] < wanted)
            ++cell;
        const double share =
            (wanted - cumulative[cell - 1]) / (cumulative[cell] - cumulative[cell - 1]);
        quantiles[step] = (static_cast<double>(cell) - 1 + share) / kGrid;
    }
    return quantiles;
}

/// The same, made once a number of rounds.
const std::vector<double>& beta_quantiles(std::size_t n) {
    static std::mutex mutex;
    static std::map<std::size_t, std::vector<double>> made;
    const std::scoped_lock lock(mutex);
    auto [entry, is_new] = made.try_emplace(n);
    if (is_new)
        entry->second = make_beta_quantiles(n);
    return entry->second;
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

std::optional<std::vector<double>> plain_log_draws(std::span<const double> rounds,
                                                   std::uint64_t seed, std::size_t draws) {
    auto values = measure::bootstrap(rounds, &measure::median, seed, draws);
    if (values)
        for (double& value : *values)
            value = std::log(value);
    return values;
}

double fraction_of(Statistic statistic) {
    for (const PercentileName& name : kPercentileNames)
        if (name.name == name_of(statistic))
            return name.fraction;
    return 0.5;
}

}  // namespace

LogMedianDraws::LogMedianDraws(std::span<const double> samples) : values_(kSteps) {
    std::vector<double> logs;
    for (const double sample : samples)
        logs.push_back(std::log(sample));
    std::ranges::sort(logs);
    const auto n = static_cast<double>(logs.size());
    const std::vector<double>& quantiles = beta_quantiles(logs.size());
    for (std::size_t step = 0; step < kSteps; ++step) {
        // Each sample stands for the middle of its n-th.
        const double at = std::clamp(quantiles[step] * n - 0.5, 0.0, n - 1);
        const auto below = std::min(static_cast<std::size_t>(at), logs.size() - 2);
        const double share = at - static_cast<double>(below);
        values_[step] = logs[below] + share * (logs[below + 1] - logs[below]);
    }
}

std::optional<std::vector<double>> log_draws(const Measurement& measurement, Statistic statistic,
                                             std::uint64_t seed, std::size_t draws,
                                             Resampling resampling) {
    const bool is_median = statistic == Statistic::median;
    const std::vector<double> rounds =
        is_median ? measurement.samples : round_tails(measurement, statistic);
    if (rounds.size() < 2 || !are_positive(rounds))
        return std::nullopt;
    if (is_median && resampling == Resampling::plain && rounds.size() <= kMostPlainRounds)
        return plain_log_draws(rounds, seed, draws);
    Xoshiro256 random(seed);
    const LogMedianDraws medians(rounds);
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
    constexpr double kInverse = 1e12;
    return score < 1000 ? std::round(score * kInverse) / kInverse : score;
}

}  // namespace assay::score
