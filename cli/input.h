#pragma once

#include <string>

#include "cli/arguments.h"
#include "cli/terminal.h"
#include "engine/core/run.h"

/// What `compare` and `report` have in common: result files in, a text or a document out.
namespace assay::cli {

Flag format_flag();  ///< --format text|json
/// --format with what a run, or a comparison, can be written as.
Flag run_format_flag();
Flag comparison_format_flag();
Flag output_flag();  ///< -o FILE

/// Reads a result file that the user named. Errors: bad_input (also for a file that is missing),
/// permission; each names the file.
Expected<Run> read_input(const std::string& file);

/// The error of reading a file that the user named: it names the file, and one that is missing is
/// bad input.
Error as_bad_input(const std::string& file, Error error);

bool wants_json(const Arguments& arguments);

/// The terminal's style, or plain text of full width where the text goes to a file.
report::TextStyle style_for_delivery(const Arguments& arguments, const Terminal& terminal);

/// Can the -o file, if one was named, be written? Errors: cannot_create; usage (a PDF without one,
/// on a terminal).
Expected<void> check_output(const Arguments& arguments);

/// Writes `text` to the -o file, or to stdout where none was named. Errors: cannot_create.
Expected<void> deliver_text(const Arguments& arguments, const std::string& text);

}  // namespace assay::cli
