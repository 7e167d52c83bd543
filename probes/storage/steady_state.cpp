#include "probes/storage/steady_state.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "probes/storage/number_text.h"

namespace assay::storage {
namespace {

struct Window {
    double mean = 0;
    double range_ratio = 0;
    double slope_ratio = 0;
    bool is_steady() const { return range_ratio <= kSteadyRange && slope_ratio <= kSteadySlope; }
};

// nullopt where ratios to the mean mean nothing.
std::optional<Window> window_of(std::span<const double> rounds) {
    const auto count = static_cast<double>(rounds.size());
    Window window;
    window.mean = std::accumulate(rounds.begin(), rounds.end(), 0.0) / count;
    if (!(window.mean > 0) || !std::isfinite(window.mean))
        return std::nullopt;
    const auto [low, high] = std::minmax_element(rounds.begin(), rounds.end());
    window.range_ratio = (*high - *low) / window.mean;
    // Least squares on x = -(n-1)/2 ... (n-1)/2: the slope is sum(x y) / sum(x^2).
    double products = 0;
    double squares = 0;
    for (std::size_t at = 0; at < rounds.size(); ++at) {
        const double x = static_cast<double>(at) - (count - 1) / 2;
        products += x * rounds[at];
        squares += x * x;
    }
    window.slope_ratio = std::abs(products / squares) * (count - 1) / window.mean;
    return window;
}

std::string shown(const SteadyState& state) {
    if (!state.range_ratio || !state.slope_ratio)
        return "the last " + std::to_string(kSteadyWindow) + " rounds have no mean above 0";
    return "the last " + std::to_string(kSteadyWindow) + " rounds span " +
           percent_text(*state.range_ratio) + " of their mean (at most " +
           percent_text(kSteadyRange) + " is steady) and their trend line " +
           percent_text(*state.slope_ratio) + " (at most " + percent_text(kSteadySlope) + ")";
}

}  // namespace

SteadyState judge_steady_state(std::span<const double> rounds) {
    SteadyState state;
    double attained_mean = 0;
    for (std::size_t last = kSteadyWindow - 1; last < rounds.size(); ++last) {
        const std::optional<Window> window =
            window_of(rounds.subspan(last + 1 - kSteadyWindow, kSteadyWindow));
        const bool is_within_limits = window && window->is_steady();
        if (!state.attained_at && is_within_limits) {
            state.attained_at = last;
            attained_mean = window->mean;
        }
        state.drift_ratio = window && state.attained_at
                                ? std::optional(std::abs(window->mean / attained_mean - 1))
                                : std::nullopt;
        state.range_ratio = window ? std::optional(window->range_ratio) : std::nullopt;
        state.slope_ratio = window ? std::optional(window->slope_ratio) : std::nullopt;
        state.is_steady =
            is_within_limits && state.drift_ratio && *state.drift_ratio <= kSteadyDrift;
        if (state.attained_at && !state.is_steady && !state.left_at)
            state.left_at = last;
    }
    return state;
}

std::optional<Finding> judge_steadiness(std::span<const double> rounds, std::string_view what) {
    const SteadyState state = judge_steady_state(rounds);
    const std::string name(what);
    if (rounds.size() < kSteadyWindow)
        return make_finding("not_steady", name + ": " + std::to_string(rounds.size()) +
                                              " rounds cannot show a steady state, which takes " +
                                              std::to_string(kSteadyWindow));
    if (!state.attained_at)
        return make_finding("not_steady", name + ": no " + std::to_string(kSteadyWindow) +
                                              " rounds in a row were steady; " + shown(state));
    if (!state.left_at)
        return std::nullopt;
    std::string message = name + ": steady with round " + std::to_string(*state.attained_at + 1) +
                          ", no longer with round " + std::to_string(*state.left_at + 1);
    if (state.is_steady)
        message += "; the last " + std::to_string(kSteadyWindow) + " rounds are steady again";
    else
        message += "; " + shown(state);
    if (state.drift_ratio && *state.drift_ratio > kSteadyDrift)
        message += ", and their mean is " + percent_text(*state.drift_ratio) +
                   " away from that of the first steady rounds";
    return make_finding("left_steady_state", message);
}

}  // namespace assay::storage
