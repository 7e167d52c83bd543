#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/score/degradation.h"
#include "report/document.h"
#include "report/redaction.h"
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
    bool is_redacted = false;   ///< a partner's copy, as every output says
};

/// Every series that the filter chooses. Errors: those of the store.
Expected<std::vector<Trend>> trends_of(Store& store, const SeriesFilter& filter);

/// Makes of them a partner's copy: the host, and what names something in conditions and facts,
/// become pseudonyms; numbers, days and the numbers of runs stay. The redactor is one for partners.
void hide_names(std::vector<Trend>& trends, const report::Redactor& redactor);

/// "worse", "better", "changed", "steady", "too few runs": what the newest runs of a series are.
std::string state_text(const Trend& trend);

/// The newest median over the oldest, less 1; nullopt of one run, or where the oldest is 0.
std::optional<double> since_first(const Series& series);

/// One row a series: what is worse first, then better, changed, steady, too few runs; then the
/// alarms with the environment diff of that day. A chart a row, its category the state.
report::Document document_of_trends(const std::string& host, const std::vector<Trend>& trends);

/// The same as one page that needs nothing else (see report/html.h): what is worse first, a chart
/// of each series with what was found in it, every series in a table, and what changed in the
/// environment around each alarm. At most 1 MB; what has no place is named.
std::string trends_to_html(const std::string& host, const std::vector<Trend>& trends);

/// The same as a JSON list, with every point. Ends in a newline.
std::string trends_to_json(const std::vector<Trend>& trends);

}  // namespace assay::store
