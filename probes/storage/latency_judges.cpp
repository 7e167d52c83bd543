#include "probes/storage/latency_judges.h"

#include <cmath>

#include "engine/core/units.h"
#include "probes/storage/number_text.h"

namespace assay::storage {
namespace {

// Two percent of it are ten operations.
constexpr std::uint64_t kFewestOperations = 500;
constexpr int kFirstPercent = 10;
constexpr int kLastPercent = 90;
constexpr double kReach = 0.02;
constexpr double kGapRatio = 4;

constexpr std::uint64_t kFewestTouches = 50;
constexpr double kLazyRatio = 1.5;
// A block that is fetched from afar comes later by a network's round trip at least; what comes
// later by less was only cold in a cache of this host.
constexpr double kLeastFetchNs = 50.0 * kNanosecondsPerMicrosecond;

constexpr double kQuickNs = 2.0 * kNanosecondsPerMillisecond;
constexpr double kHeldNs = 50.0 * kNanosecondsPerMillisecond;
constexpr double kLongestHoldNs = 300.0 * kNanosecondsPerMillisecond;
constexpr double kHeldShare = 1.0 / 3;
constexpr double kFewestHolds = 3;

double quantile_of(const Histogram& ticks, double fraction) {
    return ticks.quantile(fraction).value_or(0);
}

// The share of the operations up to `value`, between two fractions whose quantiles enclose it.
double share_up_to(const Histogram& ticks, double value, double low, double high) {
    constexpr int kHalvings = 12;  // 4 % / 4096 is beyond what is shown
    for (int halving = 0; halving < kHalvings; ++halving) {
        const double middle = (low + high) / 2;
        (quantile_of(ticks, middle) <= value ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

std::optional<Gap> find_gap(const Histogram& ticks, double ns_per_tick) {
    if (ticks.count() < kFewestOperations)
        return std::nullopt;
    double widest = 0;
    double place = 0;
    for (int percent = kFirstPercent; percent <= kLastPercent; ++percent) {
        const double fraction = percent / 100.0;
        const double below = quantile_of(ticks, fraction - kReach);
        const double above = quantile_of(ticks, fraction + kReach);
        if (below > 0 && above / below > widest) {
            widest = above / below;
            place = fraction;
        }
    }
    if (widest < kGapRatio)
        return std::nullopt;
    const double low = place - kReach;
    const double high = place + kReach;
    const double middle = std::sqrt(quantile_of(ticks, low) * quantile_of(ticks, high));
    const double share = share_up_to(ticks, middle, low, high);
    return Gap{share, quantile_of(ticks, share / 2) * ns_per_tick,
               quantile_of(ticks, (1 + share) / 2) * ns_per_tick};
}

std::optional<Finding> judge_modes(const Histogram& ticks, double ns_per_tick) {
    const std::optional<Gap> gap = find_gap(ticks, ns_per_tick);
    if (!gap)
        return std::nullopt;
    return make_finding(
        "bimodal_latency",
        "about " + number_text(gap->low_share * 100) + " % of " + std::to_string(ticks.count()) +
            " operations take about " + duration_text(gap->low_ns) + ", the other " +
            number_text((1 - gap->low_share) * 100) + " % about " + duration_text(gap->high_ns));
}

std::optional<Finding> judge_bursts(const Histogram& ticks, double ns_per_tick, double window_ns) {
    const auto held =
        static_cast<double>(ticks.count_above(static_cast<std::uint64_t>(kHeldNs / ns_per_tick)));
    const double waited_ns = static_cast<double>(ticks.sum()) * ns_per_tick;
    const double longest_ns = static_cast<double>(ticks.max().value_or(0)) * ns_per_tick;
    const bool is_quick = quantile_of(ticks, 0.5) * ns_per_tick <= kQuickNs;
    if (held == 0 || !is_quick || longest_ns > kLongestHoldNs)
        return std::nullopt;
    const double in_flight = waited_ns / window_ns;
    const double holds = held / in_flight;
    if (holds < kFewestHolds || held * kHeldNs < kHeldShare * waited_ns)
        return std::nullopt;
    return make_finding("throttled_volume",
                        number_text(held) + " of " + std::to_string(ticks.count()) +
                            " operations were held for " + duration_text(kHeldNs) + " to " +
                            duration_text(longest_ns) + ", the others came back at once (median " +
                            duration_text(quantile_of(ticks, 0.5) * ns_per_tick) +
                            "): a limiter that accounts in slices of time, about " +
                            number_text(static_cast<double>(ticks.count()) /
                                        to_seconds(static_cast<std::int64_t>(window_ns))) +
                            " op/s");
}

std::optional<Finding> judge_first_touch(const Histogram& first_ticks,
                                         const Histogram& second_ticks, double ns_per_tick) {
    if (first_ticks.count() < kFewestTouches || second_ticks.count() < kFewestTouches)
        return std::nullopt;
    const double first = quantile_of(first_ticks, 0.5);
    const double second = quantile_of(second_ticks, 0.5);
    if (!(second > 0) || first <= kLazyRatio * second ||
        (first - second) * ns_per_tick < kLeastFetchNs)
        return std::nullopt;
    return make_finding("lazy_volume", "first reads take " + duration_text(first * ns_per_tick) +
                                           " (median of " + std::to_string(first_ticks.count()) +
                                           "), second reads of the same offsets " +
                                           duration_text(second * ns_per_tick) + ": " +
                                           number_text(first / second) + " times as long");
}

}  // namespace assay::storage
