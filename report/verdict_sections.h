#pragma once

#include <string>

#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "report/document.h"

/// What the documents of several kinds of verdicts have in common.
namespace assay::report {

Mark mark_of(Decision decision);

/// The label, or the run's id where it has none.
std::string name_of_side(const Run& run);

/// The absolute limits of the policy: name, value, limit, P(met), and why there is no number.
Section section_of_limits(const Verdict& verdict);

}  // namespace assay::report
