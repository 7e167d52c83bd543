#pragma once

#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "report/json.h"

/// The parts of a verdict that several documents hold.
namespace assay::report {

Json from_verdict_head(const Verdict& verdict);  ///< decision, exit_status, reasons, policy
Json from_category(const CategoryScore& row, const Run& source);
Json from_limit(const LimitResult& limit);
Json from_side(const Run& run);

}  // namespace assay::report
