#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/verdict.h"

/// Charts as inline SVG. Each says in words what it shows (role="img"); its colours are classes of
/// the page. Empty text where there is too little to draw.
namespace assay::report {

/// The categories of a verdict as spokes: the source is the ring at 1, the target the area. The
/// area means nothing, so bars stand beside it. From three categories on; a ratio over 1.5 ends
/// there.
std::string radar_svg(const Verdict& verdict);

struct Bar {
    std::string name, value;  ///< as shown
    double ratio = 0;
    std::optional<double> low, high;  ///< 95 % interval
};
/// Ratios against 1, with their intervals; a bar over 1.5 ends there.
std::string bars_svg(const std::vector<Bar>& bars);

}  // namespace assay::report
