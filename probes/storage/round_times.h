#pragma once

#include <chrono>
#include <cstddef>
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

/// A ramp of some 5 %, or of `least_ramp` where that is longer (half of the round at most), then a
/// window; inside the request's duration and deadline, from now on.
RoundTimes round_times(const host::Clock& clock, const RoundRequest& request,
                       std::chrono::nanoseconds least_ramp = {});

/// What a device asks of a round, from the operations that it did a second when last seen. A queue
/// is in its steady state once as many operations came back as it holds.
std::chrono::nanoseconds ramp_for(double operations_per_s, std::size_t depth);
/// Half a slice of ramp and three whole ones of a limiter (100 ms): any device may be behind one,
/// and in a window of less a slice more or less is a third of what is counted.
constexpr std::chrono::nanoseconds kShortestRound = std::chrono::milliseconds(350);
/// Operations in a window: what it should hold, since one more or less is then 1 %, and with how
/// many its number is coarse but is not refused yet (at 40).
inline constexpr std::size_t kOperationsOfARound = 100;
inline constexpr std::size_t kLeastOperationsOfARound = 50;
/// Ramp, a window of so many operations, and the whole slices that a window consists of; never less
/// than the shortest. So long that no run has it for no operation a second.
std::chrono::nanoseconds round_for(double operations_per_s, std::size_t depth,
                                   std::size_t operations = kOperationsOfARound);

}  // namespace assay::storage
