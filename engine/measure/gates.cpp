#include "engine/measure/gates.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "engine/core/units.h"
#include "engine/host/clock.h"

namespace assay::measure {
namespace {

std::string percent_text(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", ratio * 100);
    return text;
}

std::optional<double> throttled_ratio(const GateReading& before, const GateReading& after,
                                      double wall_ns) {
    if (!before.throttling || !after.throttling)
        return std::nullopt;
    return static_cast<double>(after.throttling->throttled_ns - before.throttling->throttled_ns) /
           wall_ns;
}

void judge_steal(const GateReading& before, const GateReading& after, const GateLimits& limits,
                 GateOutcome& outcome) {
    if (!before.cpu || !after.cpu || after.cpu->total() <= before.cpu->total())
        return;
    const std::uint64_t stolen = after.cpu->steal - std::min(before.cpu->steal, after.cpu->steal);
    const double ratio =
        static_cast<double>(stolen) / static_cast<double>(after.cpu->total() - before.cpu->total());
    outcome.gates.steal_ratio = ratio;
    if (ratio > limits.steal_ratio && stolen >= limits.least_steal_ticks)
        outcome.findings.push_back(make_finding(
            "steal",
            "The hypervisor took " + percent_text(ratio) + " of the CPU time of the round."));
}

// Throttling by a quota that we can see explains gaps and lost CPU time; by none that we can see it
// is a theft. The periods count as well as the time: since task-based throttling (Linux 6.18) the
// v1 time misses most of it. Returns whether it explains them.
bool judge_throttling(const GateReading& before, const GateReading& after,
                      const host::CgroupLimits& cgroup, bool cpu_bound, GateOutcome& outcome) {
    if (!before.throttling || !after.throttling || *before.throttling == *after.throttling)
        return false;
    const std::string seen =
        std::to_string(after.throttling->throttled_periods - before.throttling->throttled_periods) +
        " periods of the round, " + percent_text(outcome.gates.throttled_ratio.value_or(0)) +
        " of its time by the kernel's count";
    if (!cgroup.cpu_quota)
        outcome.findings.push_back(
            make_finding("cpu_throttled", "The control group was throttled in " + seen + "."));
    else if (cpu_bound)
        outcome.findings.push_back(make_finding(
            "cgroup_quota",
            "The quota of " + cgroup.cpu_quota_group + " throttled this process in " + seen + "."));
    return true;
}

void judge_cpu_use(const CpuUse& use, bool throttling_explains, const GateLimits& limits,
                   GateOutcome& outcome) {
    if (use.wall_ns <= 0)
        return;
    const double wall = static_cast<double>(use.wall_ns);
    outcome.gates.cpu_ratio = static_cast<double>(use.cpu_ns) / wall;
    outcome.gates.gap_ratio = static_cast<double>(use.gap_ns) / wall;
    if (throttling_explains)
        return;
    if (*outcome.gates.cpu_ratio < limits.cpu_ratio)
        outcome.findings.push_back(make_finding(
            "preempted", "The measuring threads had their CPUs for only " +
                             percent_text(*outcome.gates.cpu_ratio) + " of the round."));
    else if (*outcome.gates.gap_ratio > limits.gap_ratio)
        outcome.findings.push_back(make_finding(
            "clock_gaps", "The clock jumped under the measuring threads for " +
                              percent_text(*outcome.gates.gap_ratio) + " of the round."));
}

}  // namespace

GateReading read_gates(const host::Files& files, std::span<const int> cpus) {
    return {.time_ns = static_cast<std::int64_t>(host::Clock::raw_nanoseconds()),
            .cpu = host::read_cpu_times(files, cpus),
            .throttling = host::read_throttling(files),
            .cpu_pressure = host::read_pressure(files, host::PressureKind::cpu)};
}

GateOutcome judge_round(const GateReading& before, const GateReading& after,
                        const std::optional<CpuUse>& cpu_use, std::optional<double> drift_ppm,
                        const host::CgroupLimits& cgroup, const GateLimits& limits) {
    GateOutcome outcome;
    const double wall_ns =
        static_cast<double>(std::max<std::int64_t>(1, after.time_ns - before.time_ns));
    judge_steal(before, after, limits, outcome);
    outcome.gates.throttled_ratio = throttled_ratio(before, after, wall_ns);
    const bool throttling_explains =
        judge_throttling(before, after, cgroup, cpu_use.has_value(), outcome);
    if (cpu_use)
        judge_cpu_use(*cpu_use, throttling_explains, limits, outcome);
    if (before.cpu_pressure && after.cpu_pressure) {
        const double stalled_ns =
            static_cast<double>(after.cpu_pressure->some_us - before.cpu_pressure->some_us) *
            static_cast<double>(kNanosecondsPerMicrosecond);
        outcome.gates.pressure_ratio = stalled_ns / wall_ns;
        // A workload that waits shares its CPU with the kernel's own threads by nature; only a
        // CPU-bound one should see none.
        if (cpu_use && !throttling_explains && stalled_ns >= limits.least_stall_ns &&
            *outcome.gates.pressure_ratio > limits.pressure_ratio)
            outcome.findings.push_back(make_finding(
                "other_load", "Tasks waited for a CPU during " +
                                  percent_text(*outcome.gates.pressure_ratio) + " of the round."));
    }
    outcome.gates.clock_drift_ppm = drift_ppm;
    if (drift_ppm && *drift_ppm > limits.drift_ppm)
        outcome.findings.push_back(make_finding(
            "clock_drift", "The clocks disagreed by " + std::to_string(*drift_ppm) + " ppm."));
    return outcome;
}

}  // namespace assay::measure
