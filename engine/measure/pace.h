#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

namespace assay::measure {

using TimePoint = std::chrono::steady_clock::time_point;

/// The run's sense of time. Tests replace it, so that an hour's run is simulated in no time.
struct Pace {
    std::function<TimePoint()> now;
    /// Sleeps; returns early when stop is requested.
    std::function<void(std::chrono::nanoseconds, std::stop_token)> sleep;
};

Pace real_pace();

}  // namespace assay::measure
