#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/measurement.h"
#include "engine/core/policy.h"
#include "engine/core/random.h"

namespace assay::score {

/// Medians of resamples with replacement, drawn from their exact distribution: one random number a
/// draw in place of a resample and a sort. For up to 32 samples; beyond, it resamples. Samples > 0
/// and finite, at least one. Values are natural logarithms, so that ratios are differences.
class LogMedianDraws {
  public:
    explicit LogMedianDraws(std::span<const double> samples);
    double next(Xoshiro256& random);

  private:
    struct Outcome {
        double log_value;
        double cumulative;  ///< P(this outcome or one before it)
    };
    std::vector<Outcome> outcomes_;  ///< empty: resample
    std::vector<double> samples_, resample_;
};

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
                                             std::uint64_t seed, std::size_t draws);

/// Share of the draws that reach a limit: at most `bound` (is_ceiling) or at least. bound > 0.
double probability_of(std::span<const double> log_values, double bound, bool is_ceiling);

/// A score without the last bits that summing products leaves: 0.3 * 0.8 + ... + 0.1 * 0.8 is 0.8,
/// and Good. Rounded to 1e-12.
double settled(double score);

/// How many draws, so that a file with any number of rounds costs a bounded time.
std::size_t bounded_draws(std::size_t wanted, std::size_t rounds);

}  // namespace assay::score
