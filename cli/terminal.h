#pragma once

#include "report/text.h"

namespace assay::cli {

/// What the user's screen can show. The only reader of the process environment: NO_COLOR, TERM,
/// LC_ALL, LC_CTYPE, LANG, COLUMNS.
struct Terminal {
    bool live = false;           ///< stderr is a terminal that can redraw a line
    report::TextStyle output;    ///< for stdout
    report::TextStyle progress;  ///< for stderr
};
Terminal inspect_terminal();

/// Width of stderr's window now (it may have been resized), or `otherwise`.
int progress_columns(int otherwise);

/// Does a locale's name say UTF-8? "de_DE.UTF-8", "C.utf8".
bool names_utf8(const char* locale);

}  // namespace assay::cli
