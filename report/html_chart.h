#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/chart.h"

namespace assay::report {

/// A chart as a figure of the page: its title, the picture, a legend by shape and word, the note,
/// and all its numbers as a table that opens.
std::string chart_figure(const Chart& chart);

/// A page is at most 1 MB, and its tables need their part.
struct ChartLimit {
    std::size_t bytes = 700'000;
    std::string_view source = "the result file";  ///< where all numbers are
};

/// All charts, by category. Empty where there are none.
std::string chart_section(const std::vector<Chart>& charts, const ChartLimit& limit = {});

}  // namespace assay::report
