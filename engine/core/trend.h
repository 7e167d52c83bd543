#pragma once

#include <optional>
#include <span>

/// Does a series go up or down? Free of any assumption on the distribution; evenly spaced values in
/// time order, finite, any one unit.
namespace assay {

/// The median of the slopes between all pairs of values, per step: half of the values may be wild
/// without moving it far. nullopt below two values. O(n^2 log n).
/// Source: Sen (1968), "Estimates of the regression coefficient based on Kendall's tau".
std::optional<double> theil_sen_slope(std::span<const double> values);

/// The Mann-Kendall statistic as a standard normal deviate, corrected for ties and continuity:
/// below 0 = falling. nullopt below eight values, where the normal approximation is poor; 0 where
/// all are equal. Source: Kendall (1975), "Rank Correlation Methods".
std::optional<double> mann_kendall_z(std::span<const double> values);

/// The chance that a series without any trend looks at least as much like falling: P(Z <= z).
double chance_of_falling(double z);

}  // namespace assay
