#include "report/environment_diff.h"
#include "report/exact.h"
#include "report/pdf.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

/// A file from outside may hold any number of rows; the annex ends where nobody reads on.
constexpr std::size_t kMostMeasurements = 400;
constexpr std::size_t kMostFacts = 400;

std::string percentile_text(const Measurement& measurement, std::string_view name) {
    if (!measurement.percentiles)
        return "";
    for (std::size_t index = 0; index < kPercentileNames.size(); ++index)
        if (kPercentileNames[index].name == name)
            return quantity(measurement.percentiles->values[index], measurement.unit);
    return "";
}

/// "block_bytes 4096, depth 32": with blanks at which a line can break, and not inside a number.
std::string conditions_text(const Measurement& measurement) {
    std::string text;
    for (const Condition& condition : measurement.conditions)
        text += (text.empty() ? "" : ", ") + condition.name + " " + exact_value(condition.value);
    return text;
}

Row row_of(const Measurement& measurement) {
    Row row;
    row.cells = {measurement.metric, conditions_text(measurement)};
    if (!measurement.summary.median) {
        // Without a mark: of hundreds of rows a few have none, and all would give it their room.
        row.note = "no valid number";
        return row;
    }
    const Unit unit = measurement.unit;
    row.cells.insert(
        row.cells.end(),
        {std::to_string(measurement.summary.n), quantity(measurement.summary.median, unit),
         quantity(measurement.summary.min, unit), quantity(measurement.summary.max, unit),
         percentile_text(measurement, "p50"), percentile_text(measurement, "p99")});
    return row;
}

Section measurements_of(const Run& run) {
    Section section;
    section.title = "every measurement";
    section.columns = {{"metric", false}, {"conditions", false}, {"rounds", true}, {"median", true},
                       {"min", true},     {"max", true},         {"p50", true},    {"p99", true}};
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements) {
            if (section.rows.size() == kMostMeasurements) {
                section.rows.push_back({{"more"}, "in the result file", Mark::none, {}});
                return section;
            }
            section.rows.push_back(row_of(measurement));
        }
    return section;
}

Section facts_of(const Run& run) {
    Section section;
    section.title = "environment";
    section.columns = {{"fact", false}, {"value", false}};
    for (const EnvironmentFact& fact : lasting_facts(run.environment)) {
        if (section.rows.size() == kMostFacts) {
            section.rows.push_back({{"more"}, "in the result file", Mark::none, {}});
            break;
        }
        section.rows.push_back({{fact.path, fact.value}, "", Mark::none, {}});
    }
    return section;
}

}  // namespace

PdfReport pdf_report_of(const Run& run) {
    return {.document = document_of(run),
            .annex = {measurements_of(run), facts_of(run)},
            .method =
                "Each number is the median over rounds; \u00b1 is half its order-statistic "
                "interval, or the MAD where the rounds are too few. Percentiles are over all "
                "operations of all valid rounds. Rounds that a gate refused are never used. Run " +
                run.run_id + ", assay " + run.tool_version + ".",
            .dated = run.started_at};
}

PdfReport pdf_report_of(const Run& source, const Run& target, const Verdict& verdict) {
    return {.document = document_of(source, target, verdict),
            .annex = {},
            .method =
                "A ratio is target over source, or source over target where lower is better. "
                "Intervals are by bootstrap over rounds. A category's ratio is the weighted "
                "geometric mean of the metrics in its table, by their shares. Policy: " +
                verdict.policy + ". Source run " + source.run_id + ", target run " + target.run_id +
                ".",
            .dated = target.started_at};
}

}  // namespace assay::report
