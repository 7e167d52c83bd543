#pragma once

#include <string>
#include <string_view>

#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "report/document.h"

namespace assay::report {

/// One file that needs nothing else: no script, no font, no picture from anywhere. Charts are
/// inline SVG with a text beside them; every light has a shape and a word. Follows the reader's
/// light or dark, and prints. At most 1 MB: the number of charts and of rows is bounded. All that
/// came from outside is escaped.
std::string run_to_html(const Run& run);

/// Verdict first, then a radar of the target against the source, bars with intervals, what each
/// ratio was made of, limits, reasons, and what differs between the two environments.
std::string comparison_to_html(const Run& source, const Run& target, const Verdict& verdict);

/// Any other document as such a page: its head and notes, its charts, its tables, and `method`, the
/// box that says how its numbers were made. Charts get the room that the rest leaves; `source` says
/// where the numbers of those are that have none.
std::string document_to_html(const Document& document, const std::string& method,
                             std::string_view source);

}  // namespace assay::report
