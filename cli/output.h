#pragma once

#include <string_view>

#include "engine/core/error.h"

namespace assay::cli {

/// Writes all of `text` to stdout. A reader that has left (EPIPE: `| head`) has what it wanted, so
/// that is no error. Errors: cannot_create (a full disk, a closed stdout).
Expected<void> print(std::string_view text);

/// Writes one line to stderr. Whether it could be written is not told: there is nobody left to
/// tell.
void note(std::string_view sentence);

/// The same without a newline, as it is: for the live progress line.
void write_to_stderr(std::string_view text);

/// Can a line be written to stderr now without waiting? A stopped terminal and a full pipe cannot
/// take one.
bool is_stderr_ready();

}  // namespace assay::cli
