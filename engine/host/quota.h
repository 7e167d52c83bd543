#pragma once

#include <optional>

#include "engine/core/finding.h"
#include "engine/host/host.h"
#include "engine/host/worker_team.h"

namespace assay::host {

/// The finding `cgroup_quota` with the CPUs that this process really gets, as a decimal. nullopt
/// where no quota is tighter than the allowed CPUs.
std::optional<Finding> quota_finding(const Host& host);

/// Gives a window of CPU-bound work its lead-in. Under a quota the kernel lets a group run and
/// then stops it, period by period: the lead-in then spends what was saved up while idle, and the
/// window is made of whole periods, so that the part of a period it begins in does not count twice.
/// Never shorter than `request.duration` but for the deadline.
WindowRequest cpu_bound_window(const CgroupLimits& limits, WindowRequest request);

}  // namespace assay::host
