#pragma once

#include <string>

#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "report/document.h"

namespace assay::report {

struct TextStyle {
    bool colour = false;  ///< ANSI colours
    bool utf8 = true;     ///< else ASCII only
    int columns = 100;    ///< never wider; below 40 counts as 40
};

/// Renders a document for a terminal, and nothing beside it. What came from outside can neither
/// steer the terminal nor break the lines. Ends in a newline.
std::string to_text(const Document& document, const TextStyle& style);

/// The result screen of a run: reads in 10 seconds. Ends in a newline.
std::string run_to_text(const Run& run, const TextStyle& style);
/// The result screen of a comparison: verdict first. Ends in a newline.
std::string comparison_to_text(const Run& source, const Run& target, const Verdict& verdict,
                               const TextStyle& style);

}  // namespace assay::report
