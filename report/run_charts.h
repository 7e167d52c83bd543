#pragma once

#include <vector>

#include "engine/core/run.h"
#include "report/chart.h"

namespace assay::report {

/// What a run can show as pictures: numbers over what was varied (threads, depth, block, load),
/// percentiles and histograms of latencies, and how a rate went from round to round. Bounded; what
/// is left out is said in the chart's note. Only numbers of the run.
std::vector<Chart> charts_of(const Run& run);

/// The same of two runs over each other, where both measured the same question.
std::vector<Chart> charts_of(const Run& source, const Run& target);

}  // namespace assay::report
