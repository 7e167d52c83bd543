#pragma once

#include <string>

#include "engine/core/measurement.h"

namespace assay::report {

/// "4 KiB", "depth 32": a condition for people. Empty where it is the same in every healthy run.
std::string condition_text(const Condition& condition);

/// The conditions of a measurement that tell it from its neighbours: "4 KiB, depth 32".
std::string conditions_text(const Measurement& measurement);

}  // namespace assay::report
