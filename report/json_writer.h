#pragma once

#include <string>

#include "engine/core/run.h"
#include "engine/core/verdict.h"

namespace assay::report {

/// The run as a document of schema assay.run/1 (report/assay.run.1.schema.json), ending in a
/// newline. Numbers are written so that they read back to the same double (a negative zero as 0.0).
/// Non-finite numbers are our bug: abort. Bytes that are no UTF-8 (in a path, say) become U+FFFD.
std::string run_to_json(const Run& run);

/// The comparison as a document of schema assay.comparison/1.
std::string comparison_to_json(const Run& source, const Run& target, const Verdict& verdict);

/// The judgement of one host as a document of schema assay.check/1.
std::string check_to_json(const Run& run, const Verdict& verdict);

/// The unit of a metric as the run has measured it; nullopt if it has not.
std::optional<Unit> unit_of_metric(const Run& run, std::string_view metric);

}  // namespace assay::report
