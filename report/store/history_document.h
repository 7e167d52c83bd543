#pragma once

#include <string>
#include <vector>

#include "report/document.h"
#include "report/store/store.h"

/// The history as words and numbers for people, and as JSON for programs.
namespace assay::store {

report::Document document_of_runs(const std::vector<RunRow>& runs, const std::string& title);
/// A list of objects, newest first. Ends in a newline.
std::string runs_to_json(const std::vector<RunRow>& runs);

/// Two runs side by side.
struct RunPair {
    RunRow before, after;
    std::vector<Series> before_medians, after_medians;
    std::vector<Fact> before_facts, after_facts;
};
/// Numbers under equal conditions, with what became of each; then every fact of the environment
/// that differs.
report::Document document_of_pair(const RunPair& pair);

/// A section of what changed between two fingerprints: fact, before, after. At most `most_rows`,
/// and a last row that says how many more there are.
report::Section section_of_changes(const std::vector<report::EnvironmentChange>& changes,
                                   std::size_t most_rows);

}  // namespace assay::store
