#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "report/chart.h"

namespace assay::report {

/// A chart as inline SVG: role="img" with its title and extremes in words, colours by the page's
/// classes, each line with its own marker and dash. Empty where there is nothing to draw.
std::string chart_svg(const Chart& chart);

/// How a flag looks, its word, and which marker it has: by shape and word, not by colour alone.
struct FlagStyle {
    std::string_view look, word;
    std::size_t shape = 0;
};
FlagStyle flag_style(FlagKind kind);
/// Its shape, for the list of flags below a picture; says nothing by itself.
std::string flag_key_svg(FlagKind kind);

/// The marker and dash of line `index` of the chart, for a legend; says nothing by itself.
std::string legend_key_svg(const Chart& chart, std::size_t index);

}  // namespace assay::report
