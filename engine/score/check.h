#pragma once

#include "engine/core/policy.h"
#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "engine/score/score_text.h"

namespace assay::score {

/// Judges one host by the policy's absolute limits alone. NO-GO where a required one is missed;
/// INCONCLUSIVE where a required one is unknown, the run is invalid as a whole, or the policy has
/// no limits; GO where each P(limit met) reaches the confidence and nothing was waived; else GO
/// WITH CONDITIONS. The verdict has no categories and no score.
Verdict check(const Run& run, const Policy& policy, QuantityText quantity = &plain_quantity);

}  // namespace assay::score
