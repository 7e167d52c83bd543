#pragma once

#include <optional>

#include "engine/host/worker_team.h"
#include "engine/probe.h"

/// What a team's window used, in the words of the gates.
namespace assay {

/// Of all workers together.
inline CpuUse use_of(const host::TeamReport& report) {
    return {.wall_ns = report.wall_ns(), .cpu_ns = report.cpu_ns(), .gap_ns = report.gap_ns()};
}

/// For rounds of several windows.
inline void add_use(const host::TeamReport& report, CpuUse& sum) {
    const CpuUse use = use_of(report);
    sum.wall_ns += use.wall_ns;
    sum.cpu_ns += use.cpu_ns;
    sum.gap_ns += use.gap_ns;
}
inline void add_use(const host::TeamReport& report, std::optional<CpuUse>& sum) {
    add_use(report, sum ? *sum : sum.emplace());
}

}  // namespace assay
