#pragma once

#include <string>
#include <vector>

#include "report/chart.h"

namespace assay::report {

/// A chart as a figure of the page: its title, the picture, a legend by shape and word, the note,
/// and all its numbers as a table that opens.
std::string chart_figure(const Chart& chart);

/// All charts, by category. Empty where there are none.
std::string chart_section(const std::vector<Chart>& charts);

}  // namespace assay::report
