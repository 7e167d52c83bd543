#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/policy.h"
#include "engine/core/units.h"

/// Numbers inside the sentences of a verdict.
namespace assay::score {

/// How a quantity is written for people; scaling is report/quantity's, so the caller brings it.
using QuantityText = std::string (*)(std::optional<double> value, Unit unit);
/// As it is inside: "18300000 ns". Absent is "-".
std::string plain_quantity(std::optional<double> value, Unit unit);

std::string fixed(double value, int decimals);

/// Two decimals, or more where rounding would put the value on the other side of the limit.
std::string beside(double value, double limit);

/// A policy's limit, with at least two decimals and never fewer than it has.
std::string limit_text(double limit);

/// "0.973", "over 0.999", "under 0.001".
std::string probability_text(double probability);

/// "0.87 to 0.89".
std::string interval_text(double low, double high);

}  // namespace assay::score
