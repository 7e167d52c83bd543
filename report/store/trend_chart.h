#pragma once

#include <string>

#include "report/chart.h"
#include "report/store/trend.h"

namespace assay::store {

/// A series as a picture: each run's median with its interval, in the order of time and evenly
/// spaced, as change points and drift are looked for; over it what was found (the band of the runs
/// before the last, the medians of the levels, the line of the drift), and a flag for each alarm.
/// Only numbers that the JSON has, too. Without a category. Fewer than two runs have no points.
report::Chart chart_of(const Trend& trend);

}  // namespace assay::store
