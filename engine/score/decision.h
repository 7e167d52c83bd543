#pragma once

#include "engine/core/policy.h"
#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "engine/score/score_text.h"

namespace assay::score {

/// The runs that a verdict is about; source is nullptr where one host is judged alone.
struct Judged {
    const Run* source;
    const Run* target;
};

/// Fills decision and reasons from the scores and the judged limits, by the rules of
/// engine/score/compare.h.
void decide(Verdict& verdict, const Judged& runs, const Policy& policy, QuantityText quantity);

/// "storage.random_read.iops (4096 B, depth 32)".
std::string metric_text(const MetricRatio& metric);

}  // namespace assay::score
