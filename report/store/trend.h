#pragma once

#include <string>
#include <vector>

#include "engine/score/degradation.h"
#include "report/document.h"
#include "report/store/store.h"

/// What has become of a host's numbers, and what changed on it when they did.
namespace assay::store {

/// A change that somebody should look at (or be glad of).
struct Alarm {
    std::string what;  ///< a sentence with numbers
    score::ChangeKind kind = score::ChangeKind::other;
    std::int64_t before_run = 0, at_run = 0;  ///< the last run before it and the first with it
    std::string at;                           ///< when that run started
    std::vector<report::EnvironmentChange>
        environment;  ///< from two runs before them to two behind
};

struct Trend {
    Series series;
    score::Degradation found;
    std::vector<Alarm> alarms;  ///< oldest first
};

/// Every series that the filter chooses. Errors: those of the store.
Expected<std::vector<Trend>> trends_of(Store& store, const SeriesFilter& filter);

/// One row a series: what is worse first, then what is better, then the rest; then the alarms with
/// the environment diff of that day.
report::Document document_of_trends(const std::string& host, const std::vector<Trend>& trends);

/// The same as a JSON list, with every point. Ends in a newline.
std::string trends_to_json(const std::vector<Trend>& trends);

}  // namespace assay::store
