#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/core/run.h"
#include "engine/host/host.h"

namespace assay::measure {

/// Records the host's resources once a second while a run goes on, in a thread of its own that
/// costs under 1 % of a core. It also keeps the clock calibrated.
class ResourceMonitor {
  public:
    /// Starts at once. `on_memory_stall` gets the share of each interval that tasks were stalled on
    /// memory, on the monitor's thread.
    ResourceMonitor(const host::Host& host, std::chrono::nanoseconds interval,
                    std::function<void(std::optional<double>)> on_memory_stall);
    /// Stops and returns everything recorded. Call once.
    ResourceSeries finish();

  private:
    void watch(std::stop_token stop);

    const host::Host& host_;
    std::chrono::nanoseconds interval_;
    std::function<void(std::optional<double>)> on_memory_stall_;
    ResourceSeries series_;  // touched by the thread alone until it is joined
    std::jthread thread_;    // last: starts when all else stands
};

}  // namespace assay::measure
