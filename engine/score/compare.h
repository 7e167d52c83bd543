#pragma once

#include <span>
#include <string>

#include "engine/core/policy.h"
#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "engine/score/draws.h"
#include "engine/score/metric_table.h"
#include "engine/score/score_text.h"

namespace assay::score {

/// The requirement's formula and DESIGN's limits; the same as policies/default.toml.
Policy default_policy();

/// Compares two runs by the metric table (engine/score/metric_table.h) and judges the target by the
/// policy's limits. Pure; the same input gives the same verdict.
///
/// A category's ratio is the weighted geometric mean of its metrics' ratios. A category whose
/// required metric cannot be compared (missing, skipped, failed, SELF-TEST, other conditions,
/// invalid) says why, and the overall score is taken over the others with renormalised weights. An
/// optional metric that cannot be compared is a gap of its category.
/// The decision, in this order:
/// 1. NO-GO where the overall score or a category is below its limit, or a required limit is
///    missed: what was measured already rules the target out, whatever is missing.
/// 2. INCONCLUSIVE where a category was not compared and was not left out openly, rests on too few
///    rounds, a required limit is unknown, or a run is invalid as a whole. A network that is only a
///    SELF-TEST is no exception: nobody knows whether the network carries the workload, so the
///    reason says what is missing (--peer HOST:PORT) and names the way out, --without network.
/// 3. GO where P(overall >= go_overall), each P(category >= go_category) and each P(limit met)
///    reach the confidence, nothing was waived, and no metric is one-sided.
/// 4. GO WITH CONDITIONS, each condition named with its values and its probability.
///
/// Uncertainty: rounds of both sides are resampled (seeded, independent of each other) and every
/// draw makes a ratio of each metric, a category ratio and an overall score. Rounds that do not
/// differ at all give an interval of zero width, as they are.
Verdict compare(const Run& source, const Run& target, const Policy& policy,
                QuantityText quantity = &plain_quantity);

/// The same by another table of metrics.
Verdict compare_by(std::span<const MetricRow> table, const Run& source, const Run& target,
                   const Policy& policy, QuantityText quantity = &plain_quantity);

/// target/source, or source/target where lower is better. Both finite and > 0; `better` is higher
/// or lower.
double ratio_of(double source, double target, Better better);

/// At most one grade above the weakest category's.
Grade capped_grade(double overall, double weakest_ratio);

}  // namespace assay::score
