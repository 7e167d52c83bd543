#pragma once

#include "report/document.h"
#include "report/pdf/paper.h"

namespace assay::report::pdf {

/// A section under its title: a state, then a cell a column. Pages break between rows, and each
/// begins with the head again. Nothing for a section without rows.
void draw_table(Paper& paper, const Section& section);

/// A heading with a rule below it, and room for what follows.
void draw_heading(Paper& paper, std::string_view title);

}  // namespace assay::report::pdf
