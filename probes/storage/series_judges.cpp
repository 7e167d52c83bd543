#include "probes/storage/series_judges.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/measure/statistics.h"
#include "probes/storage/number_text.h"

namespace assay::storage {
namespace {

constexpr std::size_t kFewestSlices = 8;
constexpr double kFewestOperations = 50;
constexpr double kEvenVariation = 0.005;
constexpr double kEvenDispersion = 0.02;
// The central three quarters of a normal distribution have 0.37 of its variance; less, since few
// slices may happen to lie close together.
constexpr double kCentralVariance = 0.25;

constexpr std::int64_t kStallNs = 100 * kNanosecondsPerMillisecond;
constexpr double kStallMedians = 100;

constexpr std::size_t kFewestInPart = 3;
constexpr std::size_t kMostValues = 10'000;
constexpr std::size_t kOrders = 10'000;
constexpr std::uint64_t kOrderSeed = 1979;  // any constant: the same series, the same answer
constexpr double kSignificance = 0.01;
constexpr double kNoticeableChange = 0.15;

// Ranks from 1, ties at the middle of the ranks that they share, minus the mean rank.
std::vector<double> centred_ranks(std::span<const double> series) {
    std::vector<std::size_t> order(series.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return series[a] < series[b]; });
    std::vector<double> ranks(series.size());
    for (std::size_t from = 0; from < order.size();) {
        std::size_t to = from + 1;
        while (to < order.size() && series[order[to]] == series[order[from]])
            ++to;
        const double middle = static_cast<double>(from + 1 + to) / 2;
        for (std::size_t at = from; at < to; ++at)
            ranks[order[at]] = middle - static_cast<double>(series.size() + 1) / 2;
        from = to;
    }
    return ranks;
}

struct Contrast {
    std::size_t index = 0;
    double size = 0;
};

// The deviation of a rank sum of t out of n grows with sqrt(t (n - t)); what else it depends on is
// the same for all splits and all orders.
Contrast largest_contrast(std::span<const double> ranks, std::span<const double> weights) {
    Contrast largest;
    double sum = 0;
    for (std::size_t at = 1; at + kFewestInPart <= ranks.size(); ++at) {
        sum += ranks[at - 1];
        if (at >= kFewestInPart && std::abs(sum) * weights[at] > largest.size)
            largest = {at, std::abs(sum) * weights[at]};
    }
    return largest;
}

std::vector<double> weights_of(std::size_t count) {
    std::vector<double> weights(count, 0);
    for (std::size_t at = 1; at < count; ++at)
        weights[at] = 1 / std::sqrt(static_cast<double>(at) * static_cast<double>(count - at));
    return weights;
}

struct Evenness {
    double mean = 0, variance = 0;
    double variation() const { return std::sqrt(variance) / mean; }
};

// `share` is what remains of the variance in that part of the values.
Evenness evenness_of(std::span<const double> values, double share = 1) {
    const auto count = static_cast<double>(values.size());
    Evenness seen{.mean = std::accumulate(values.begin(), values.end(), 0.0) / count};
    for (const double value : values)
        seen.variance += (value - seen.mean) * (value - seen.mean) / (count - 1) / share;
    return seen;
}

// Without the quarter that lies farthest from the median: a limiter's slices are even but for
// those in which the host's own threads had to wait.
std::vector<double> central_part(std::span<const double> values) {
    std::vector<double> kept(values.begin(), values.end());
    const double middle = measure::median(values).value_or(0);
    std::ranges::sort(kept, {}, [middle](double value) { return std::abs(value - middle); });
    kept.resize(kept.size() - kept.size() / 4);
    return kept;
}

/// An operation of the window may have been submitted in the ramp before it.
std::string place_in_round(std::int64_t offset_ns) {
    const std::string distance = duration_text(std::abs(static_cast<double>(offset_ns)));
    return offset_ns < 0 ? "begun " + distance + " before the round's window"
                         : distance + " into the round";
}

bool is_of_a_limiter(const Evenness& seen) {
    return seen.mean >= kFewestOperations && seen.variation() < kEvenVariation &&
           seen.variance < kEvenDispersion * seen.mean;
}

}  // namespace

std::optional<Finding> judge_throttle(std::span<const double> slice_operations,
                                      std::int64_t slice_ns) {
    if (slice_operations.size() < kFewestSlices || slice_ns <= 0)
        return std::nullopt;
    const Evenness all = evenness_of(slice_operations);
    const std::vector<double> central = central_part(slice_operations);
    const Evenness most = evenness_of(central, kCentralVariance);
    const bool is_even = is_of_a_limiter(all);
    if (!is_even && !is_of_a_limiter(most))
        return std::nullopt;
    const Evenness& told = is_even ? all : most;
    const std::string slices = std::to_string(slice_operations.size()) + " slices of " +
                               duration_text(static_cast<double>(slice_ns));
    return make_finding(
        "throttled_volume",
        "throttled at about " + number_text(told.mean / to_seconds(slice_ns)) +
            " op/s: " + (is_even ? slices : std::to_string(central.size()) + " of " + slices) +
            " differ by " + number_text(told.variation() * 100) + " % only (standard deviation)");
}

std::optional<Finding> judge_stall(std::span<const Pause> pauses, double median_latency_ns) {
    if (!(median_latency_ns > 0))
        return std::nullopt;
    const Pause* longest = nullptr;
    std::size_t count = 0;
    for (const Pause& pause : pauses) {
        const double medians = static_cast<double>(pause.duration_ns) / median_latency_ns;
        if (pause.duration_ns < kStallNs || medians < kStallMedians)
            continue;
        ++count;
        if (!longest || pause.duration_ns > longest->duration_ns)
            longest = &pause;
    }
    if (!longest)
        return std::nullopt;
    std::string message = "stood still for " +
                          duration_text(static_cast<double>(longest->duration_ns)) + ", " +
                          place_in_round(longest->offset_ns) + ", with a median latency of " +
                          duration_text(median_latency_ns);
    if (count > 1)
        message += "; the longest of " + std::to_string(count) + " such operations or gaps";
    return make_finding("stalled", message);
}

std::optional<Knee> find_knee(std::span<const double> series) {
    const auto is_finite = [](double value) { return std::isfinite(value); };
    if (series.size() < 2 * kFewestInPart || series.size() > kMostValues ||
        !std::all_of(series.begin(), series.end(), is_finite))
        return std::nullopt;
    const Contrast largest = largest_contrast(centred_ranks(series), weights_of(series.size()));
    if (largest.size == 0)
        return std::nullopt;
    return Knee{largest.index, measure::median(series.first(largest.index)).value_or(0),
                measure::median(series.subspan(largest.index)).value_or(0)};
}

double knee_p_value(std::span<const double> series) {
    if (!find_knee(series))
        return 1;
    std::vector<double> ranks = centred_ranks(series);
    const std::vector<double> weights = weights_of(series.size());
    // The same ranks summed in another order differ in the last digits.
    const double threshold = largest_contrast(ranks, weights).size * (1 - 1e-12);
    Xoshiro256 random(kOrderSeed);
    std::size_t at_least = 1;  // the given order
    for (std::size_t draw = 1; draw < kOrders; ++draw) {
        for (std::size_t at = ranks.size(); at > 1; --at)
            std::swap(ranks[at - 1], ranks[random.below(at)]);
        at_least += largest_contrast(ranks, weights).size >= threshold;
    }
    return static_cast<double>(at_least) / static_cast<double>(kOrders);
}

std::optional<Finding> judge_change(const Series& series) {
    const std::optional<Knee> knee = find_knee(series.values);
    if (!knee || !(knee->early_median > 0) || !(knee->late_median > 0))
        return std::nullopt;
    const bool lower_is_better = series.better == Better::lower;
    const double early = lower_is_better ? 1 / knee->early_median : knee->early_median;
    const double late = lower_is_better ? 1 / knee->late_median : knee->late_median;
    const double change = late / early - 1;
    if (std::abs(change) < kNoticeableChange)
        return std::nullopt;
    const double p_value = knee_p_value(series.values);
    if (p_value >= kSignificance)
        return std::nullopt;
    std::string message(series.what);
    message += ": median " + number_text(knee->late_median) + " from value " +
               std::to_string(knee->index + 1) + " of " + std::to_string(series.values.size()) +
               " on";
    if (series.spacing_ns > 0)
        message += " (" +
                   duration_text(static_cast<double>(knee->index) *
                                 static_cast<double>(series.spacing_ns)) +
                   " in)";
    message += ", " + number_text(knee->early_median) +
               " before: " + percent_text(std::abs(change)) + (change < 0 ? " slower" : " faster") +
               " (p = " + number_text(p_value) + ")";
    return make_finding(change < 0 ? "performance_fell" : "performance_rose", message);
}

}  // namespace assay::storage
