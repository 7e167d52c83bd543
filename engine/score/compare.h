#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/run.h"
#include "engine/core/verdict.h"

namespace assay::score {

struct CategoryPolicy {
    std::string_view name;  ///< "cpu"
    double weight;          ///< the four weights sum to 1
};

/// What the decision is made by. The default is the requirement's formula and DESIGN's limits.
struct Policy {
    std::vector<CategoryPolicy> categories;
    double no_go_overall = 0.6;   ///< overall below: NO-GO
    double no_go_category = 0.4;  ///< any category below: NO-GO
    double go_overall = 0.8;      ///< P(overall >= this) >= confidence for GO
    double go_category = 0.6;     ///< P(category >= this) >= confidence for GO, each
    double confidence = 0.95;
    std::uint64_t bootstrap_seed = 1;
    std::size_t bootstrap_draws = 10'000;
    std::vector<std::string> without;  ///< categories left out openly
};
Policy default_policy();

/// Compares two runs by each category's headline metric. Pure; the same input gives the same
/// verdict. A category that cannot be compared (missing, skipped, failed, SELF-TEST, other
/// conditions, invalid) says why; unless it is left out openly or is only a SELF-TEST network it
/// makes the verdict INCONCLUSIVE, never a pass.
Verdict compare(const Run& source, const Run& target, const Policy& policy);

}  // namespace assay::score
