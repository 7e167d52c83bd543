#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/finding.h"

/// What the samples of one round say of the clock. Pure.
namespace assay::cpu {

/// The clock that a set of chain runs shows, in Hz: their 90th percentile by nearest rank. A run
/// that lost its CPU is slower, never faster, and a tenth may be spent in a short boost. nullopt
/// without samples.
std::optional<double> clock_of(std::vector<double> runs_hz);

/// Neighbouring runs of two chains on one core.
struct ChainPair {
    double first_hz = 0, second_hz = 0;
};
/// The clock that the second chain shows by the one that the first shows: a disturbance can only
/// lower either. nullopt without pairs.
std::optional<double> agreement(const std::vector<ChainPair>& pairs);
/// The middle ratio of second to first, for a few pairs: disturbed ones lie on both sides. nullopt
/// without pairs.
std::optional<double> middle_ratio(const std::vector<ChainPair>& pairs);

/// Two chains must agree within this, and so must the processor's own counter.
inline constexpr double kMostDisagreement = 0.01;
/// Above this share of the vector units' best rate, it may be them that set the time of a blended
/// kernel. A chain-bound one uses three quarters.
inline constexpr double kMostUnitUse = 0.9;

/// `clock_unverified` where the ratio of a second witness to the chain that measures is out of
/// bounds; both in the plural: "dependent additions". nullopt ratio: no such witness, no finding.
std::optional<Finding> disagreement(std::string_view chain, std::string_view witness,
                                    std::optional<double> ratio, double clock_hz);

/// `clock_unverified` where the vector units were busier than a chain-bound kernel lets them be.
std::optional<Finding> units_too_busy(std::optional<double> unit_use);

}  // namespace assay::cpu
