#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace assay::score {

struct RankTest {
    double u = 0;  ///< U of the first sample: pairs in which it is the larger, ties count half
    double p = 1;  ///< two-sided, exact
    double smallest = 1;  ///< the smallest p that samples of these sizes can give
    bool operator==(const RankTest&) const = default;
};

/// The exact two-sided Mann-Whitney test: under the hypothesis that both samples are of one
/// distribution, how likely is a rank sum at least as far from its mean. Ties get mean ranks, and
/// the distribution is that of all ways to deal out these very ranks, so it is exact with ties,
/// too. nullopt where a sample is empty, or where the two have over 60 numbers together: the caller
/// compares rounds, which are few. Source: Mann & Whitney (1947), with the ranks' permutation
/// distribution counted as a sum of subsets.
std::optional<RankTest> mann_whitney(std::span<const double> first, std::span<const double> second);

/// Holm's step-down: the p-values adjusted so that comparing each with alpha keeps the chance of
/// any false alarm in the family below alpha. In the order given. Source: Holm (1979).
std::vector<double> holm(std::span<const double> p_values);

}  // namespace assay::score
