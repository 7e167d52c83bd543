#include "engine/score/mann_whitney.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace assay::score {
namespace {

constexpr std::size_t kMostNumbers = 60;

/// Twice the mean ranks, so that they are whole; in the order first, second.
std::vector<std::size_t> doubled_ranks(std::span<const double> first,
                                       std::span<const double> second) {
    std::vector<double> all(first.begin(), first.end());
    all.insert(all.end(), second.begin(), second.end());
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t index) { return all[index]; });
    std::vector<std::size_t> ranks(all.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin + 1;
        while (end < order.size() && all[order[end]] == all[order[begin]])
            ++end;
        // Ranks begin + 1 to end; twice their mean.
        for (std::size_t at = begin; at < end; ++at)
            ranks[order[at]] = begin + 1 + end;
        begin = end;
    }
    return ranks;
}

/// How many of the ways to choose `size` of the ranks have each sum.
std::vector<double> ways_by_sum(const std::vector<std::size_t>& ranks, std::size_t size) {
    const std::size_t most = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
    std::vector<std::vector<double>> ways(size + 1, std::vector<double>(most + 1, 0));
    ways[0][0] = 1;
    for (const std::size_t rank : ranks)
        for (std::size_t chosen = size; chosen-- > 0;)
            for (std::size_t sum = 0; sum + rank <= most; ++sum)
                ways[chosen + 1][sum + rank] += ways[chosen][sum];
    return ways[size];
}

/// P(a sum is at least as far from the middle as `sum`).
double two_sided(const std::vector<double>& ways, double middle, double sum) {
    // Sums are whole; the middle may end in a half.
    constexpr double kLastBits = 1e-9;
    double far = 0, all = 0;
    for (std::size_t each = 0; each < ways.size(); ++each) {
        all += ways[each];
        if (std::abs(static_cast<double>(each) - middle) >= std::abs(sum - middle) - kLastBits)
            far += ways[each];
    }
    return far / all;
}

}  // namespace

std::optional<RankTest> mann_whitney(std::span<const double> first,
                                     std::span<const double> second) {
    if (first.empty() || second.empty() || first.size() + second.size() > kMostNumbers)
        return std::nullopt;
    const std::vector<std::size_t> ranks = doubled_ranks(first, second);
    const auto own = static_cast<double>(std::accumulate(
        ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(first.size()), std::size_t{0}));
    const auto n = static_cast<double>(first.size()), m = static_cast<double>(second.size());
    const double middle = n * (n + m + 1);  // twice the mean rank sum
    RankTest test;
    test.u = own / 2 - n * (n + 1) / 2;
    test.p = two_sided(ways_by_sum(ranks, first.size()), middle, own);
    // Apart completely, without ties: one of the ways on each side.
    test.smallest = 2 / std::exp(std::lgamma(n + m + 1) - std::lgamma(n + 1) - std::lgamma(m + 1));
    test.smallest = std::min(test.smallest, 1.0);
    return test;
}

std::vector<double> holm(std::span<const double> p_values) {
    std::vector<std::size_t> order(p_values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t at) { return std::pair(p_values[at], at); });
    std::vector<double> adjusted(p_values.size());
    double largest = 0;
    for (std::size_t at = 0; at < order.size(); ++at) {
        const auto left = static_cast<double>(order.size() - at);
        largest = std::max(largest, std::min(1.0, left * p_values[order[at]]));
        adjusted[order[at]] = largest;
    }
    return adjusted;
}

}  // namespace assay::score
