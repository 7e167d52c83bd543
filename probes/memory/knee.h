#pragma once

#include <functional>
#include <optional>

#include "engine/core/error.h"

namespace assay::memory {

struct LoadedPoint {
    double bandwidth = 0;  ///< B/s that the generators reached
    /// Median meanwhile; absent where the measuring thread had no CPU.
    std::optional<double> latency_ns;
};

struct Knee {
    LoadedPoint idle, full;
    bool complete = false;            ///< every point had a latency
    std::optional<double> bandwidth;  ///< absent where `full` does not double the idle latency
};

/// What the idle latency is multiplied by at the knee.
inline constexpr double kKneeFactor = 2;

/// Finds the load at which the latency is kKneeFactor times the idle one: measures idle and full
/// load, halves the interval of shares of the full rate `steps` times, and interpolates between the
/// two points that are left. `measure`: of a share of the full rate in [0, 1]. Its errors are
/// handed on.
Expected<Knee> find_knee(const std::function<Expected<LoadedPoint>(double)>& measure, int steps);

}  // namespace assay::memory
