#pragma once

#include <optional>
#include <span>

namespace assay::score {

/// P(|T| >= |t|) of Student's distribution with that many degrees of freedom (> 0): exact, by the
/// regularised incomplete beta function. No table, no random draw, so the same everywhere.
/// Source: Abramowitz & Stegun (1964), 26.5.27 and 26.5.8.
double two_sided_t_probability(double t, double degrees_of_freedom);

/// Do two samples differ in their means? The p-value of Student's t-test with one variance for
/// both. nullopt below two values on either side. 0 where both are constant and differ, 1 where
/// they are constant and equal.
std::optional<double> t_test(std::span<const double> left, std::span<const double> right);

}  // namespace assay::score
