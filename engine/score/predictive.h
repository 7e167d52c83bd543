#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace assay::score {

/// What one more round may give, going by the rounds that were taken: draws of the predictive
/// Student t distribution of their logarithms, exp(mean + s * t(n - 1) * sqrt(1 + 1 / n)). A
/// bootstrap of five rounds never leaves their range, which a sixth does one time in three; this
/// does not promise more than five rounds can.
/// samples: [n], n >= 2, all > 0 and finite; or one alone, which is taken as exact (declared).
/// nullopt otherwise. Pure; the same seed gives the same draws.
/// Source: Gelman et al., "Bayesian Data Analysis", 3rd ed., section 3.2 (noninformative prior).
std::optional<std::vector<double>> predictive_draws(std::span<const double> samples,
                                                    std::uint64_t seed, std::size_t draws);

/// The value below which a share of the draws lies, interpolated. values: not empty, any order.
double quantile_of(std::vector<double> values, double share);

}  // namespace assay::score
