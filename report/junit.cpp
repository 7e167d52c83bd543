#include <algorithm>

#include "report/exact.h"
#include "report/formats.h"
#include "report/markup.h"

namespace assay::report {
namespace {

enum class Outcome { passed, failed, errored, skipped };

struct Case {
    std::string class_name, name;
    Outcome outcome = Outcome::passed;
    std::string message;  ///< why it did not pass
    std::string facts;    ///< the numbers, for everybody who reads only the text
};

std::string text_of(const Case& row) {
    std::string text = "    <testcase classname=\"" + markup_escaped(row.class_name) +
                       "\" name=\"" + markup_escaped(row.name) + "\">\n";
    const auto element = [&](std::string_view tag) {
        text += "      <" + std::string(tag) + " message=\"" + markup_escaped(row.message) + "\">" +
                markup_escaped(row.message + (row.facts.empty() ? "" : " (" + row.facts + ")")) +
                "</" + std::string(tag) + ">\n";
    };
    if (row.outcome == Outcome::failed)
        element("failure");
    else if (row.outcome == Outcome::errored)
        element("error");
    else if (row.outcome == Outcome::skipped)
        text += "      <skipped message=\"" + markup_escaped(row.message) + "\"/>\n";
    else if (!row.facts.empty())
        text += "      <system-out>" + markup_escaped(row.facts) + "</system-out>\n";
    return text + "    </testcase>\n";
}

std::string document_of_cases(const std::string& suite, const std::string& started_at,
                              const std::vector<Case>& cases) {
    const auto count = [&](Outcome outcome) {
        return std::to_string(std::ranges::count(cases, outcome, &Case::outcome));
    };
    const std::string counts = " tests=\"" + std::to_string(cases.size()) + "\" failures=\"" +
                               count(Outcome::failed) + "\" errors=\"" + count(Outcome::errored) +
                               "\" skipped=\"" + count(Outcome::skipped) + "\"";
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"assay\"" +
                       counts + ">\n  <testsuite name=\"" + markup_escaped(suite) + "\"" + counts +
                       " timestamp=\"" + markup_escaped(started_at) + "\">\n";
    for (const Case& row : cases)
        text += text_of(row);
    return text + "  </testsuite>\n</testsuites>\n";
}

/// "median=123 op/s ci95_low=... ": the summary, not every sample.
std::string facts_of(const Measurement& measurement) {
    std::string facts;
    for (const NamedNumber& number : statistics_of(measurement))
        if (number.statistic != "sample")
            facts += (facts.empty() ? "" : " ") + number.statistic + "=" + exact(number.value);
    return facts + " unit=" + std::string(symbol(measurement.unit));
}

Case case_of(const Measurement& measurement) {
    Case row{.class_name = measurement.metric.substr(0, measurement.metric.find('.')),
             .name = measurement.metric + " " + exact_conditions(measurement.conditions),
             .outcome = Outcome::passed,
             .message = {},
             .facts = facts_of(measurement)};
    for (const Finding& finding : measurement.findings)
        if (finding.severity == Severity::invalid) {
            row.outcome = Outcome::failed;
            row.message += (row.message.empty() ? "" : " ") + finding.id + ": " + finding.message;
        }
    return row;
}

std::string optional_text(std::string_view name, const std::optional<double>& value) {
    return value ? " " + std::string(name) + "=" + exact(*value) : "";
}

Case case_of(const CategoryScore& category) {
    Case row{.class_name = "category",
             .name = category.name,
             .outcome = Outcome::passed,
             .message = {},
             .facts = {}};
    if (!category.ratio) {
        row.outcome = Outcome::skipped;
        row.message = category.not_compared.value_or("not compared");
        return row;
    }
    row.facts = "ratio=" + exact(*category.ratio) +
                optional_text("ratio_ci95_low", category.ratio_low) +
                optional_text("ratio_ci95_high", category.ratio_high) +
                " grade=" + std::string(name_of(*category.grade));
    return row;
}

Case case_of(const LimitResult& limit) {
    Case row{.class_name = "limit",
             .name = limit.name,
             .outcome = Outcome::passed,
             .message = limit.why,
             .facts = (limit.is_ceiling ? "at_most=" : "at_least=") + exact(limit.bound) +
                      optional_text("value", limit.value) +
                      optional_text("probability", limit.probability) +
                      " unit=" + std::string(symbol(limit.unit))};
    if (limit.state == LimitState::met)
        return row;
    // A waived or recommended limit makes a condition, and no failure.
    const bool decides = limit.need == Need::required && !limit.waiver;
    row.outcome = !decides                             ? Outcome::passed
                  : limit.state == LimitState::unknown ? Outcome::errored
                                                       : Outcome::failed;
    row.message = std::string(name_of(limit.state)) + ". " + limit.why;
    if (!decides)
        row.facts += " state=" + row.message;
    return row;
}

}  // namespace

std::string run_to_junit(const Run& run) {
    std::vector<Case> cases;
    for (const ProbeResult& probe : run.probes) {
        if (probe.status != ProbeStatus::measured)
            cases.push_back({.class_name = probe.id.substr(0, probe.id.find('.')),
                             .name = probe.id,
                             .outcome = probe.status == ProbeStatus::skipped ? Outcome::skipped
                                                                             : Outcome::errored,
                             .message = probe.reason ? probe.reason->message : "no reason given",
                             .facts = {}});
        for (const Measurement& measurement : probe.measurements)
            cases.push_back(case_of(measurement));
    }
    return document_of_cases("assay run " + run.label, run.started_at, cases);
}

std::string comparison_to_junit(const Run& source, const Run& target, const Verdict& verdict) {
    Case decision{.class_name = "verdict",
                  .name = "decision",
                  .outcome = verdict.decision == Decision::no_go          ? Outcome::failed
                             : verdict.decision == Decision::inconclusive ? Outcome::errored
                                                                          : Outcome::passed,
                  .message = {},
                  .facts = std::string(name_of(verdict.decision)) +
                           optional_text("overall", verdict.overall) +
                           optional_text("geometric", verdict.geometric)};
    for (const std::string& reason : verdict.reasons)
        decision.message += (decision.message.empty() ? "" : " ") + reason;
    std::vector<Case> cases{decision};
    for (const CategoryScore& category : verdict.categories)
        cases.push_back(case_of(category));
    for (const LimitResult& limit : verdict.limits)
        cases.push_back(case_of(limit));
    return document_of_cases("assay compare " + source.label + " " + target.label,
                             target.started_at, cases);
}

}  // namespace assay::report
