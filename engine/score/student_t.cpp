#include "engine/score/student_t.h"

#include <cmath>
#include <numeric>

namespace assay::score {
namespace {

/// The continued fraction of the incomplete beta function by Lentz's method; it converges quickly
/// for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
    constexpr int kMostSteps = 300;
    constexpr double kTiny = 1e-300;
    constexpr double kEnough = 1e-15;
    const auto away_from_zero = [](double value) {
        return std::fabs(value) < kTiny ? kTiny : value;
    };
    double c = 1;
    double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int step = 1; step <= kMostSteps; ++step) {
        const double m = step;
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        fraction *= c * d;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        fraction *= c * d;
        if (std::fabs(c * d - 1) < kEnough)
            break;
    }
    return fraction;
}

/// I_x(a, b), 0 <= x <= 1.
double incomplete_beta(double a, double b, double x) {
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                  a * std::log(x) + b * std::log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

struct Moments {
    double n = 0, mean = 0, squares = 0;  ///< squares: sum of squared deviations
};
Moments moments_of(std::span<const double> values) {
    Moments moments{.n = static_cast<double>(values.size()), .mean = 0, .squares = 0};
    moments.mean = std::accumulate(values.begin(), values.end(), 0.0) / moments.n;
    for (const double value : values)
        moments.squares += (value - moments.mean) * (value - moments.mean);
    return moments;
}

}  // namespace

double two_sided_t_probability(double t, double degrees_of_freedom) {
    return incomplete_beta(degrees_of_freedom / 2, 0.5,
                           degrees_of_freedom / (degrees_of_freedom + t * t));
}

std::optional<double> t_test(std::span<const double> left, std::span<const double> right) {
    if (left.size() < 2 || right.size() < 2)
        return std::nullopt;
    const Moments a = moments_of(left);
    const Moments b = moments_of(right);
    const double degrees = a.n + b.n - 2;
    const double error = std::sqrt((a.squares + b.squares) / degrees * (1 / a.n + 1 / b.n));
    if (error == 0)
        return a.mean == b.mean ? 1.0 : 0.0;
    return two_sided_t_probability((a.mean - b.mean) / error, degrees);
}

}  // namespace assay::score
