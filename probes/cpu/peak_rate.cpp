#include "probes/cpu/peak_rate.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "engine/core/units.h"

namespace assay::cpu {

std::optional<double> whole_rate(double per_cycle) {
    constexpr std::array kRates{0.5, 1.0, 2.0, 3.0, 4.0};
    constexpr double kNear = 0.03;
    for (const double rate : kRates)
        if (std::abs(per_cycle / rate - 1) <= kNear)
            return rate;
    return std::nullopt;
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
