#pragma once

#include <span>
#include <string>

#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "engine/score/change.h"
#include "engine/score/rank.h"

namespace assay::report {

/// The run as a document of schema assay.run/1 (report/assay.run.1.schema.json), ending in a
/// newline. Numbers are written so that they read back to the same double (a negative zero as 0.0).
/// Non-finite numbers are our bug: abort. Bytes that are no UTF-8 (in a path, say) become U+FFFD.
std::string run_to_json(const Run& run);

/// The comparison as a document of schema assay.comparison/1.
std::string comparison_to_json(const Run& source, const Run& target, const Verdict& verdict);

/// The comparison in the field names of the requirement sendense-benchmarking-module.md, section
/// "API Endpoints". A category that was not compared is null, and so is the score then.
std::string compatible_to_json(const Run& target, const Verdict& verdict);

/// Several comparisons and their order as a document of schema assay.ranking/1. Of `sides`, one a
/// candidate, only what identifies a run is used.
std::string ranking_to_json(const Run& source, std::span<const score::Candidate> candidates,
                            std::span<const Run> sides, const score::Ranking& ranking);

/// One host before and after a change as a document of schema assay.change/1.
std::string change_to_json(const Run& before, const Run& after, const score::ChangeReport& report);

/// The judgement of one host as a document of schema assay.check/1.
std::string check_to_json(const Run& run, const Verdict& verdict);

/// The unit of a metric as the run has measured it; nullopt if it has not.
std::optional<Unit> unit_of_metric(const Run& run, std::string_view metric);

}  // namespace assay::report
