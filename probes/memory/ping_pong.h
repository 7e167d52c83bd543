#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "engine/core/histogram.h"
#include "engine/host/worker_team.h"
#include "engine/probe.h"

namespace assay::memory {

inline constexpr std::uint64_t kTripsPerSample = 64;

struct PingPongRequest {
    int first_cpu = 0, second_cpu = 0;
    std::optional<int> line_node;  ///< where the line's page is bound to
    std::chrono::nanoseconds duration{};
    std::chrono::steady_clock::time_point deadline;
    std::stop_token stop;
};

struct PingPongResult {
    Histogram samples;  ///< ticks for kTripsPerSample round trips
    CpuUse use;
    std::uint64_t trips = 0;             ///< that the first CPU counted
    std::uint64_t answers = 0;           ///< that the second one gave
    std::optional<double> placed_ratio;  ///< 1 = the page lay on line_node; absent if not asked
};

/// Lets a line of a fresh page, first touched by the first CPU, go back and forth: the first CPU
/// stores odd numbers, the second answers each with the next even one.
/// Errors: as WorkerTeam::start and Buffer::allocate; interrupted; timed_out (a CPU that never
/// answered).
Expected<PingPongResult> ping_pong(const host::Clock& clock, const PingPongRequest& request);

}  // namespace assay::memory
