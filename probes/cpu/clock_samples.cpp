#include "probes/cpu/clock_samples.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "engine/core/units.h"

namespace assay::cpu {
namespace {

double at_rank(std::vector<double>& values, double fraction) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size())));
    const auto place =
        values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, rank) - 1);
    std::ranges::nth_element(values, place);
    return *place;
}

}  // namespace

std::optional<double> clock_of(std::vector<double> runs_hz) {
    constexpr double kQuantile = 0.9;
    if (runs_hz.empty())
        return std::nullopt;
    return at_rank(runs_hz, kQuantile);
}

std::optional<double> agreement(const std::vector<ChainPair>& pairs) {
    std::vector<double> first_hz, second_hz;
    for (const ChainPair& pair : pairs) {
        first_hz.push_back(pair.first_hz);
        second_hz.push_back(pair.second_hz);
    }
    const auto first = clock_of(std::move(first_hz));
    const auto second = clock_of(std::move(second_hz));
    if (!first || *first <= 0)
        return std::nullopt;
    return *second / *first;
}

std::optional<double> middle_ratio(const std::vector<ChainPair>& pairs) {
    std::vector<double> ratios;
    for (const ChainPair& pair : pairs)
        if (pair.first_hz > 0)
            ratios.push_back(pair.second_hz / pair.first_hz);
    if (ratios.empty())
        return std::nullopt;
    return at_rank(ratios, 0.5);
}

std::optional<Finding> disagreement(std::string_view chain, std::string_view witness,
                                    std::optional<double> ratio, double clock_hz) {
    if (!ratio || std::abs(*ratio - 1) <= kMostDisagreement)
        return std::nullopt;
    const double ghz = clock_hz / static_cast<double>(kNanosecondsPerSecond);
    char text[200];
    std::snprintf(
        text, sizeof text,
        "The %.*s say %.3f GHz and the %.*s %.3f GHz: %.1f %% apart, where 1 %% is allowed.",
        static_cast<int>(chain.size()), chain.data(), ghz, static_cast<int>(witness.size()),
        witness.data(), ghz * *ratio, std::abs(*ratio - 1) * 100);
    return make_finding("clock_unverified", text);
}

std::optional<Finding> units_too_busy(std::optional<double> unit_use) {
    if (!unit_use || *unit_use <= kMostUnitUse)
        return std::nullopt;
    char text[200];
    std::snprintf(text, sizeof text,
                  "The vector units ran at %.0f %% of their best rate beside the scalar "
                  "chain, so they may have set the time instead of the clock.",
                  *unit_use * 100);
    return make_finding("clock_unverified", text);
}

}  // namespace assay::cpu
