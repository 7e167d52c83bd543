#pragma once

#include <string>

#include "engine/core/run.h"
#include "engine/core/verdict.h"

namespace assay::report {

struct TextStyle {
    bool colour = false;  ///< ANSI colours
    bool utf8 = true;     ///< else ASCII only
    int columns = 100;    ///< never wider
};

/// The result screen of a run: reads in 10 seconds. Ends in a newline.
std::string run_to_text(const Run& run, const TextStyle& style);
/// The result screen of a comparison: verdict first. Ends in a newline.
std::string comparison_to_text(const Run& source, const Run& target, const Verdict& verdict,
                               const TextStyle& style);

}  // namespace assay::report
