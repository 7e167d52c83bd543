#include "engine/score/predictive.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/core/random.h"

namespace assay::score {
namespace {

/// Normal deviates by Box and Muller's polar-free form.
class Normal {
  public:
    explicit Normal(std::uint64_t seed) : random_(seed) {}
    double next() {
        const double radius = std::sqrt(-2 * std::log(uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }

  private:
    /// In (0, 1).
    double uniform() {
        constexpr int kBitsDropped = 11;
        constexpr double kStep = 0x1.0p-53;
        return (static_cast<double>(random_.next() >> kBitsDropped) + 0.5) * kStep;
    }
    Xoshiro256 random_;
};

/// Beyond this many degrees of freedom t is normal to three digits.
constexpr std::size_t kMostFreedom = 100;

double student(Normal& normal, std::size_t freedom) {
    const double numerator = normal.next();
    if (freedom > kMostFreedom)
        return numerator;
    double squares = 0;
    for (std::size_t index = 0; index < freedom; ++index) {
        const double deviate = normal.next();
        squares += deviate * deviate;
    }
    return numerator / std::sqrt(squares / static_cast<double>(freedom));
}

}  // namespace

std::optional<std::vector<double>> predictive_draws(std::span<const double> samples,
                                                    std::uint64_t seed, std::size_t draws) {
    if (samples.empty() || !std::ranges::all_of(samples, [](double sample) {
            return std::isfinite(sample) && sample > 0;
        }))
        return std::nullopt;
    if (samples.size() == 1)
        return std::vector<double>(draws, samples.front());
    const auto count = static_cast<double>(samples.size());
    double sum = 0;
    for (const double sample : samples)
        sum += std::log(sample);
    const double mean = sum / count;
    double squares = 0;
    for (const double sample : samples)
        squares += (std::log(sample) - mean) * (std::log(sample) - mean);
    const double spread = std::sqrt(squares / (count - 1) * (1 + 1 / count));
    // Two rounds leave t with one degree of freedom, which has no bounds worth the name.
    constexpr double kMostLog = 20;
    Normal normal(seed);
    std::vector<double> values(draws);
    for (double& value : values)
        value = std::exp(
            mean + std::clamp(spread * student(normal, samples.size() - 1), -kMostLog, kMostLog));
    return values;
}

double quantile_of(std::vector<double> values, double share) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(below);
    std::ranges::nth_element(values, nth);
    const double low = *nth;
    if (below + 1 == values.size())
        return low;
    const double high = *std::min_element(nth + 1, values.end());
    return low + (high - low) * (place - static_cast<double>(below));
}

}  // namespace assay::score
