#pragma once

#include <string>
#include <vector>

#include "engine/core/recommendation.h"
#include "report/document.h"
#include "report/json.h"

namespace assay::report {

/// The sentence with its amounts: "Increase memory allocation by 43%".
std::string recommendation_text(const Recommendation& recommendation);

/// "43%", "2.50 times", "8", "10 Gbps", "118 MB/s", "84.1 us", "64 GiB".
std::string amount_text(const Amount& amount);

/// One section a kind, headed as the requirement heads them; the mark says the concern.
std::vector<Section> sections_of(const std::vector<Recommendation>& recommendations);

/// Sentence, numbers and where to read on, one object each.
Json recommendations_json(const std::vector<Recommendation>& recommendations);

}  // namespace assay::report
