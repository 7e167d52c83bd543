#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/finding.h"
#include "engine/core/run.h"
#include "engine/core/units.h"
#include "engine/host/cgroup.h"
#include "engine/host/counters.h"
#include "engine/host/files.h"
#include "engine/probe.h"

namespace assay::measure {

/// When a round is refused. Sources: reference figures of the field, see engine/README.md.
struct GateLimits {
    double steal_ratio = 0.005;
    /// A virtual machine's timer alone makes gaps of over 20 us: 1.0 to 1.7 % of a round on a quiet
    /// KVM guest (2026-11).
    double gap_ratio = 0.05;
    double cpu_ratio = 0.98;
    double drift_ppm = 50;
    double pressure_ratio = 0.10;
    /// The start and end of a team of threads alone makes some ms of waiting: less than this says
    /// nothing, whatever its share of a short round.
    double least_stall_ns = 20.0 * kNanosecondsPerMillisecond;
    /// proc/stat counts in ticks of 10 ms: fewer stolen ticks than this say nothing, whatever their
    /// share of a short round.
    std::uint64_t least_steal_ticks = 2;
};

/// The kernel's counters at one edge of a round.
struct GateReading {
    std::int64_t time_ns = 0;  ///< CLOCK_MONOTONIC_RAW
    std::optional<host::CpuTimes> cpu;
    std::optional<host::Throttling> throttling;
    std::optional<host::PressureTotals> cpu_pressure;
};
GateReading read_gates(const host::Files& files, std::span<const int> cpus);

struct GateOutcome {
    RoundGates gates;
    std::vector<Finding> findings;  ///< those of severity `invalid` refuse the round
};

/// What the edges and the workload's own account say about a round. Pure.
/// `cpu_use` absent: the workload waits by nature, so only steal, hidden throttling and clock drift
/// are judged. A quota that is visible in `limits` is the capacity that the workload will get too:
/// its throttling is named, not refused.
GateOutcome judge_round(const GateReading& before, const GateReading& after,
                        const std::optional<CpuUse>& cpu_use, std::optional<double> drift_ppm,
                        const host::CgroupLimits& cgroup, const GateLimits& limits);

}  // namespace assay::measure
