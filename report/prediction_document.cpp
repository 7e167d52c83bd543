#include <array>

#include "engine/core/units.h"
#include "report/format.h"
#include "report/prediction.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

using score::Prediction;
using score::ReplicationForecast;
using score::Stage;
using score::StageKind;
using score::WhatIf;

Mark mark_of(Decision decision) {
    constexpr std::array kMarks{Mark::good, Mark::warning, Mark::bad, Mark::absent};
    return kMarks[static_cast<std::size_t>(decision)];
}

std::string probability_text(double value) {
    if (value > 0.9995)
        return "over 0.999";
    return value < 0.0005 ? "under 0.001" : format("{:.3f}", value);
}

std::string rate_text(double bytes_per_s) {
    return quantity(bytes_per_s, Unit::bytes_per_second);
}

std::string value_text(const Stage& stage, double value) {
    return stage.kind == StageKind::sync ? time_text(value) + " each" : rate_text(value);
}

std::string side_text(const Stage& stage) {
    return stage.is_declared ? "declared" : stage.side;
}

Row row_of(const Stage& stage, bool with_time) {
    Row row;
    row.cells = {std::string(name_of(stage.kind)), side_text(stage)};
    if (!stage.median) {
        row.note = stage.gap ? "no number: " + *stage.gap : "not asked, since a stage is missing";
        row.mark = Mark::absent;
        return row;
    }
    row.cells.push_back(value_text(stage, *stage.median));
    row.cells.push_back(stage.low == stage.high ? "no spread known"
                                                : value_text(stage, *stage.low) + " to " +
                                                      value_text(stage, *stage.high));
    row.cells.push_back(with_time ? time_text(stage.seconds.value_or(0)) : "");
    row.cells.push_back(percent(stage.bottleneck_share));
    row.mark = stage.bottleneck_share > 0.5 ? Mark::warning : Mark::none;
    return row;
}

Section stages_of(const std::vector<Stage>& stages, std::string_view title, bool with_time) {
    Section section;
    section.title = title;
    section.columns = {
        {std::string(title), false},      {"on", false},       {"median", true}, {"90 %", false},
        {with_time ? "alone" : "", true}, {"slowest in", true}};
    for (const Stage& stage : stages)
        section.rows.push_back(row_of(stage, with_time));
    return section;
}

std::string factor_text(const std::optional<double>& factor, std::string_view none) {
    if (!factor)
        return std::string(none);
    return *factor == 1 ? "enough as it is" : format("{:.2f} times", *factor);
}

Section what_if_of(const Prediction& prediction) {
    Section section;
    section.title = "if faster";
    section.columns = {{"if faster", false},
                       {"twice as fast: time", true},
                       {"P(RTO)", true},
                       {"alone, for the RTO", true},
                       {"all together", true}};
    for (const WhatIf& row : prediction.what_if)
        section.rows.push_back(
            {{std::string(name_of(row.kind)), time_text(row.median_s_if_doubled),
              probability_text(row.probability_if_doubled),
              factor_text(row.factor_alone, "not enough"),
              row.kind == StageKind::sync ? "-" : factor_text(row.factor_beside, "-")},
             "",
             Mark::none,
             {}});
    return section;
}

Section assumptions_of(const Prediction& prediction) {
    Section section;
    section.title = "assumptions";
    section.columns = {{"assumptions", false}};
    for (const std::string& sentence : prediction.assumptions)
        section.rows.push_back({{}, sentence, Mark::none, {}});
    return section;
}

void add_replication(Document& document, const ReplicationForecast& forecast) {
    document.facts.push_back({"change rate", rate_text(forecast.change_bytes_per_s)});
    if (!forecast.throughput)
        return;
    document.facts.push_back(
        {"replication",
         format("{} [{} to {}]", rate_text(*forecast.throughput),
                rate_text(*forecast.throughput_low), rate_text(*forecast.throughput_high))});
    document.facts.push_back({"P(keeps up)", probability_text(*forecast.keeps_up_probability)});
    if (forecast.longest_interval_s)
        document.facts.push_back(
            {"replicate at least every", time_text(*forecast.longest_interval_s)});
}

std::vector<std::string> next_steps_of(const Prediction& prediction) {
    switch (prediction.decision) {
        case Decision::go:
            return {"Time a real restore of a part, and compare it with this prediction."};
        case Decision::go_with_conditions:
        case Decision::no_go:
            return {"Make the stages faster by the factors above, measure again, predict again."};
        case Decision::inconclusive:
            return {"Measure what is missing on both sides, then predict again. This is no pass."};
    }
    return {};
}

std::string name_of_side(const Run& run) {
    return run.label.empty() ? run.run_id : run.label;
}

}  // namespace

std::string time_text(double seconds) {
    constexpr double kShownAsClock = 120;
    return seconds >= kShownAsClock
               ? clock_time(seconds)
               : quantity(seconds * static_cast<double>(kNanosecondsPerSecond), Unit::nanoseconds);
}

Document document_of(const Prediction& prediction, const PredictionContext& context) {
    Document document;
    document.title = name_of(prediction.decision);
    document.mark = mark_of(prediction.decision);
    document.facts = {{"target", name_of_side(context.target)},
                      {"from source", name_of_side(context.source)},
                      {"restore of", quantity(context.task.data_bytes, Unit::bytes)}};
    if (prediction.median_s) {
        document.facts.push_back(
            {"takes", format("{} [{} to {}, 90 %]", time_text(*prediction.median_s),
                             time_text(*prediction.low_s), time_text(*prediction.high_s))});
        document.facts.push_back({format("P(RTO {})", time_text(context.task.rto_s)),
                                  probability_text(*prediction.rto_probability)});
        document.facts.push_back({"bottleneck", std::string(name_of(*prediction.bottleneck))});
    }
    if (prediction.needed_rate && prediction.decision != Decision::go)
        document.facts.push_back({"every stage needs", rate_text(*prediction.needed_rate)});
    document.sections = {stages_of(prediction.stages, "restore", true)};
    if (!prediction.what_if.empty())
        document.sections.push_back(what_if_of(prediction));
    if (prediction.replication) {
        add_replication(document, *prediction.replication);
        document.sections.push_back(
            stages_of(prediction.replication->stages, "replication", false));
    }
    document.sections.push_back(assumptions_of(prediction));
    document.notes_title = "because";
    for (const std::string& reason : prediction.reasons)
        document.notes.push_back({document.mark, reason, ""});
    document.next_steps = next_steps_of(prediction);
    return document;
}

std::string prediction_to_text(const Prediction& prediction, const PredictionContext& context,
                               const TextStyle& style) {
    return to_text(document_of(prediction, context), style);
}

}  // namespace assay::report
