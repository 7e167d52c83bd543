#pragma once

#include <string>

#include "report/chart.h"

namespace assay::report {

/// A chart as inline SVG: role="img" with its title and extremes in words, colours by the page's
/// classes, each line with its own marker and dash. Empty where there is nothing to draw.
std::string chart_svg(const Chart& chart);

/// The marker and dash of line `index` of the chart, for a legend; says nothing by itself.
std::string legend_key_svg(const Chart& chart, std::size_t index);

}  // namespace assay::report
