#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/core/units.h"
#include "report/text.h"

namespace assay::report {

/// A series as a picture of text: one column a value (the newest, where they do not all fit),
/// eight lines high, the scale at the left. `marks` are indexes of values that get a vertical line:
/// where a new level begins. Finite values. Each line ends in a newline; nothing for fewer than two
/// values.
std::string text_plot(std::span<const double> values, Unit unit,
                      const std::vector<std::size_t>& marks, const TextStyle& style);

}  // namespace assay::report
