#pragma once

#include <vector>

#include "engine/core/policy.h"
#include "engine/core/run.h"
#include "engine/core/verdict.h"

namespace assay::score {

/// Every limit of the policy, judged on one host, in the policy's order: those on metrics, then
/// those on facts of the hardware.
///
/// Of the measurements that have a limit's conditions the best valid one counts: what the host can
/// do. Its P(limit met) comes from `log_draws`. A number that is missing, invalid or of too few
/// rounds is unknown, never met.
std::vector<LimitResult> judge_limits(const Run& run, const Policy& policy);

}  // namespace assay::score
