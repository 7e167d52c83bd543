#pragma once

#include <chrono>
#include <cstdint>

#include "engine/host/clock.h"
#include "engine/probe.h"

namespace assay::storage {

/// When a round counts and when it is over, in time and in ticks.
struct RoundTimes {
    std::uint64_t begin_ticks, end_ticks, give_up_ticks;
    std::uint64_t slice_ticks;  ///< of the series
    std::chrono::steady_clock::time_point wait_deadline;
};

/// A ramp of some 5 %, then a window; inside the request's duration and deadline, from now on.
RoundTimes round_times(const host::Clock& clock, const RoundRequest& request);

}  // namespace assay::storage
