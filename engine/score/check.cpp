#include "engine/score/check.h"

#include "engine/score/decision.h"
#include "engine/score/limits.h"

namespace assay::score {

Verdict check(const Run& run, const Policy& policy, QuantityText quantity) {
    Verdict verdict;
    verdict.policy = policy.name;
    verdict.limits = judge_limits(run, policy);
    decide(verdict, {nullptr, &run}, policy, quantity);
    return verdict;
}

}  // namespace assay::score
