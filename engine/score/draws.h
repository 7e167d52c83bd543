#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/measurement.h"
#include "engine/core/policy.h"
#include "engine/core/random.h"

namespace assay::score {

/// Medians of resamples with replacement, without resampling: the median of n resampled values is
/// the sample quantile at a Beta((n+1)/2, (n+1)/2) variate (Harrell & Davis, 1982), here between
/// the sorted samples' logarithms. One random number a draw; and no steps, which the plain
/// bootstrap of five rounds has, so that stated probabilities come true as often (see the
/// simulation test). Samples > 0 and finite, at least two. Values are natural logarithms, so that
/// ratios are differences.
class LogMedianDraws {
  public:
    explicit LogMedianDraws(std::span<const double> samples);
    double next(Xoshiro256& random) const { return values_[random.below(values_.size())]; }

  private:
    std::vector<double> values_;  ///< equally likely
};

/// How rounds are resampled. plain: for one sample against a limit, where the steps of the plain
/// bootstrap come true as often as they say (by the signs of the rounds, whatever the noise).
/// smooth: for two samples against each other, where those steps would make what is stated too
/// cautious. Over a thousand rounds the two are the same, and the cheaper one is taken.
enum class Resampling { plain, smooth };

/// What the bootstrap knows of one number of one measurement: the logarithm of its value in each of
/// `draws` resamples of the rounds. nullopt below two rounds, where the value itself is missing, or
/// where samples are not positive.
///
/// A percentile is over the operations of all rounds together, so what is resampled is how far the
/// tail moves from round to round (of the stretches of the rounds' series; of the rounds' samples
/// where there is no series), and the rank of the percentile among so many operations (normal
/// approximation of the binomial). Between the known percentiles the distribution is interpolated
/// by the logarithms of value and exceedance.
std::optional<std::vector<double>> log_draws(const Measurement& measurement, Statistic statistic,
                                             std::uint64_t seed, std::size_t draws,
                                             Resampling resampling = Resampling::smooth);

/// Share of the draws that reach a limit: at most `bound` (is_ceiling) or at least. bound > 0.
double probability_of(std::span<const double> log_values, double bound, bool is_ceiling);

/// A score without the last bits that summing products leaves: 0.3 * 0.8 + ... + 0.1 * 0.8 is 0.8,
/// and Good. Rounded to 1e-12.
double settled(double score);

}  // namespace assay::score
