#pragma once

#include <vector>

#include "engine/core/measurement.h"
#include "report/json_place.h"

/// What a measurement tells of single operations. Both are empty where the document leaves them
/// out. Errors: bad_input.
namespace assay::report {

Expected<std::vector<SlowOperationRecord>> slowest_at(const Place& measurement);
Expected<std::vector<RoundSeries>> series_at(const Place& measurement);

}  // namespace assay::report
