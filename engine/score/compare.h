#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/policy.h"
#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "engine/score/headline.h"

namespace assay::score {

/// The requirement's formula and DESIGN's limits; the same as policies/default.toml.
Policy default_policy();

/// Compares two runs by each category's headline metric (engine/score/headline.h). Pure; the same
/// input gives the same verdict.
///
/// A category that cannot be compared (missing, skipped, failed, SELF-TEST, other conditions,
/// invalid) says why, and the overall score is taken over the others with renormalised weights.
/// The decision, in this order:
/// 1. NO-GO where the overall score or a category is below its limit: what was measured already
///    rules the target out, whatever is missing.
/// 2. INCONCLUSIVE where a category was not compared and was not left out openly, is too thin, or a
///    run is invalid as a whole. A network that is only a SELF-TEST is no exception: nobody knows
///    whether the network carries the workload, so the reason says what is missing (--peer
///    HOST:PORT) and names the way out, --without network.
/// 3. GO where P(overall >= go_overall) and each P(category >= go_category) reach the confidence.
/// 4. GO WITH CONDITIONS, each condition named with its values and its probability.
///
/// Uncertainty: rounds of both sides are resampled (seeded, independent of each other) and every
/// draw makes a category ratio and an overall score. Rounds that do not differ at all give an
/// interval of zero width, as they are.
Verdict compare(const Run& source, const Run& target, const Policy& policy);

/// The same by another table of headlines.
Verdict compare_by(std::span<const Headline> table, const Run& source, const Run& target,
                   const Policy& policy);

/// target/source, or source/target where lower is better. Both finite and > 0; `better` is higher
/// or lower.
double ratio_of(double source, double target, Better better);

/// At most one grade above the weakest category's.
Grade capped_grade(double overall, double weakest_ratio);

/// A score without the last bits that summing products leaves: 0.3 * 0.8 + ... + 0.1 * 0.8 is 0.8,
/// and Good. Rounded to 1e-12.
double settled(double score);

}  // namespace assay::score
