#include "probes/cpu/soak.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "engine/core/trend.h"
#include "engine/core/units.h"

namespace assay::cpu {
namespace {

constexpr double kLeastFall = 0.02;
constexpr double kChance = 0.01;

std::size_t third_of(std::span<const SoakPart> parts) {
    return std::max<std::size_t>(1, parts.size() / 3);
}

double mean_of(std::span<const SoakPart> parts, double SoakPart::*member) {
    const double sum =
        std::accumulate(parts.begin(), parts.end(), 0.0,
                        [&](double so_far, const SoakPart& part) { return so_far + part.*member; });
    return sum / static_cast<double>(parts.size());
}

/// Means of the first and of the last third.
struct Ends {
    double first = 0, last = 0;
    double fall() const { return first > 0 ? 1 - last / first : 0; }
};
Ends ends_of(std::span<const SoakPart> parts, double SoakPart::*member) {
    const std::size_t third = third_of(parts);
    return {mean_of(parts.first(third), member), mean_of(parts.last(third), member)};
}

/// Of the median, from the first part to the last; above 0 = fell. nullopt where chance does it
/// too.
std::optional<double> steady_fall(std::span<const SoakPart> parts) {
    std::vector<double> rates;
    for (const SoakPart& part : parts)
        rates.push_back(part.rate);
    const std::optional<double> z = mann_kendall_z(rates);
    if (!z || chance_of_falling(*z) >= kChance)
        return std::nullopt;
    const double slope = theil_sen_slope(rates).value_or(0);
    std::ranges::nth_element(rates, rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2));
    const double middle = rates[rates.size() / 2];
    if (middle <= 0)
        return std::nullopt;
    return -slope * static_cast<double>(rates.size() - 1) / middle;
}

}  // namespace

std::optional<double> burst_rate(std::span<const SoakPart> parts) {
    if (parts.empty())
        return std::nullopt;
    return parts.front().rate;
}

std::optional<double> sustained_rate(std::span<const SoakPart> parts) {
    if (parts.empty())
        return std::nullopt;
    return mean_of(parts.last(third_of(parts)), &SoakPart::rate);
}

std::optional<Finding> judge_soak(std::span<const SoakPart> parts) {
    const std::optional<double> fall = steady_fall(parts);
    if (!fall || *fall < kLeastFall)
        return std::nullopt;
    const Ends clock = ends_of(parts, &SoakPart::clock_hz);
    const Ends share = ends_of(parts, &SoakPart::cpu_share);
    constexpr double kGhz = static_cast<double>(kNanosecondsPerSecond);
    char text[200];
    if (clock.fall() >= *fall / 2) {
        std::snprintf(text, sizeof text,
                      "The rate fell by %.1f %% over the soak while the measured clock fell from "
                      "%.2f to %.2f GHz.",
                      *fall * 100, clock.first / kGhz, clock.last / kGhz);
        return make_finding("clock_fell", text);
    }
    if (share.fall() >= *fall / 2) {
        std::snprintf(text, sizeof text,
                      "The rate fell by %.1f %% over the soak while the threads' share of CPU time "
                      "fell from %.1f to %.1f %%.",
                      *fall * 100, share.first * 100, share.last * 100);
        return make_finding("cpu_time_fell", text);
    }
    std::snprintf(text, sizeof text,
                  "The rate fell by %.1f %% over the soak; the measured clock and the threads' CPU "
                  "time did not.",
                  *fall * 100);
    return make_finding("drifting", text);
}

}  // namespace assay::cpu
