#include "probes/cpu/peak_rate.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "engine/core/units.h"

namespace assay::cpu {

std::optional<double> whole_rate(double per_cycle) {
    constexpr std::array kRates{0.5, 1.0, 2.0, 3.0, 4.0};
    constexpr double kLeast = 0.985;
    constexpr double kMost = 1.02;
    for (const double rate : kRates)
        if (per_cycle >= rate * kLeast && per_cycle <= rate * kMost)
            return rate;
    return std::nullopt;
}

void PeakRate::saw(double per_cycle) {
    seen_.push_back(per_cycle);
}

std::optional<double> PeakRate::per_cycle() const {
    if (seen_.empty())
        return std::nullopt;
    std::vector<double> seen = seen_;
    const std::size_t rank = (3 * seen.size() + 3) / 4;
    const auto place = seen.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::ranges::nth_element(seen, place);
    return whole_rate(*place);
}

double operations_per_cycle(const FmaKernel& kernel, double iterations_per_s, double clock_hz) {
    return iterations_per_s * static_cast<double>(kernel.vector_operations_per_iteration()) /
           clock_hz;
}

double most_operations_per_cycle(const FmaKernel& kernel) {
    return kernel.operation == "fma" && kernel.isa != host::Isa::neon ? 2 : 4;
}

std::optional<Finding> impossible_rate(const FmaKernel& kernel, double iterations_per_s,
                                       double clock_hz) {
    constexpr double kTolerance = 1.03;
    const double per_cycle = operations_per_cycle(kernel, iterations_per_s, clock_hz);
    const double most = most_operations_per_cycle(kernel);
    if (per_cycle <= most * kTolerance)
        return std::nullopt;
    char text[200];
    std::snprintf(text, sizeof text,
                  "A thread did %.1f vector operations a cycle at a measured clock of %.3f GHz; "
                  "the widest cores known can do %.0f.",
                  per_cycle, clock_hz / static_cast<double>(kNanosecondsPerSecond), most);
    return make_finding("impossible", text);
}

}  // namespace assay::cpu
