#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "report/document.h"

/// The formats that a result can leave in besides the terminal's and JSON: one writer each. All
/// that came from outside (labels, conditions, messages) is escaped for its medium; numbers that
/// are not rounded for people read back to the same double.
namespace assay::report {

/// Long form: run, probe, metric, conditions, statistic, value, unit; RFC 4180 with a line for each
/// number. A text that a spreadsheet would take for a formula begins with an apostrophe.
std::string run_to_csv(const Run& run);
std::string comparison_to_csv(const Run& source, const Run& target, const Verdict& verdict);

/// A document as Markdown (GitHub's tables).
std::string to_markdown(const Document& document);

/// JUnit XML: class = category, name = metric and conditions. A measurement with an invalid number
/// is a failure, a failed probe an error, a skipped one skipped.
std::string run_to_junit(const Run& run);
/// The decision, each category and each limit. NO-GO is a failure, INCONCLUSIVE an error; what was
/// not compared is skipped.
std::string comparison_to_junit(const Run& source, const Run& target, const Verdict& verdict);

/// Prometheus' text format, which OpenMetrics reads too: gauges in base units (seconds, bytes),
/// without time stamps, since a text-file collector refuses them; when the run began is a metric of
/// its own. Made for the collector's folder: 'assay report FILE --format openmetrics -o X.prom'
/// replaces the file at once.
std::string run_to_openmetrics(const Run& run);

/// A Nagios plug-in's answer: a first line of at most 200 bytes, then the findings; performance
/// data on both.
std::string run_to_nagios(const Run& run);
std::string comparison_to_nagios(const Run& target, const Verdict& verdict);

}  // namespace assay::report
