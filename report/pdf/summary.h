#pragma once

#include "report/document.h"
#include "report/pdf/paper.h"

namespace assay::report::pdf {

/// The first page: the title in its frame with the facts; of a verdict also the radar, the
/// categories, the first reasons, and what must be bought. All of it comes from the document.
/// Returns how many of the document's notes it has shown.
std::size_t draw_summary(Paper& paper, const Document& document);

/// Is this section on the first page?
bool is_in_summary(const Section& section);

/// The notes from `first` on, under their title.
void draw_notes(Paper& paper, const Document& document, std::size_t first, std::size_t count);

void draw_next_steps(Paper& paper, const Document& document);

}  // namespace assay::report::pdf
