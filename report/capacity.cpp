#include "report/capacity.h"

#include <algorithm>

#include "report/format.h"
#include "report/json_parts.h"
#include "report/recommendation_text.h"

namespace assay::report {
namespace {

using score::Capacity;
using score::CapacityLine;
using score::Fit;

std::string arithmetic_text(const CapacityLine& line) {
    Recommendation sentence;
    sentence.text = line.arithmetic;
    sentence.amounts = line.amounts;
    return recommendation_text(sentence);
}

Mark mark_of(Fit fit) {
    switch (fit) {
        case Fit::yes:
            return Mark::good;
        case Fit::no:
            return Mark::bad;
        case Fit::unknown:
            return Mark::absent;
        case Fit::advice:
            return Mark::none;
    }
    return Mark::none;
}

std::string_view words_of(Fit fit) {
    switch (fit) {
        case Fit::yes:
            return "fits";
        case Fit::no:
            return "does not fit";
        case Fit::unknown:
            return "unknown";
        case Fit::advice:
            return "for planning";
    }
    return "";
}

Row row_of(const CapacityLine& line) {
    std::string note = line.formula;
    if (!line.arithmetic.empty())
        note += ": " + arithmetic_text(line);
    if (line.gap)
        note += ". " + *line.gap;
    note += " [" + line.document + "]";
    return {{line.title, std::string(words_of(line.fit))}, note, mark_of(line.fit), {}};
}

}  // namespace

Document document_of(const Capacity& capacity, const Run& run) {
    Document document;
    document.title = name_of(capacity.decision);
    document.mark = capacity.decision == Decision::go      ? Mark::good
                    : capacity.decision == Decision::no_go ? Mark::bad
                                                           : Mark::absent;
    const auto count_of = [&](Fit fit) {
        return std::ranges::count(capacity.lines, fit, &CapacityLine::fit);
    };
    document.facts = {{"host", run.label.empty() ? run.run_id : run.label},
                      {"fit", format("{}", count_of(Fit::yes))},
                      {"do not fit", format("{}", count_of(Fit::no))},
                      {"unknown", format("{}", count_of(Fit::unknown))}};
    Section section;
    section.title = "capacity";
    section.columns = {{"capacity", false}, {"", false}, {"", false}};
    for (const CapacityLine& line : capacity.lines)
        section.rows.push_back(row_of(line));
    document.sections = {std::move(section)};
    return document;
}

std::string capacity_to_text(const Capacity& capacity, const Run& run, const TextStyle& style) {
    return to_text(document_of(capacity, run), style);
}

std::string capacity_to_json(const Capacity& capacity, const Run& run) {
    Json lines = Json::array();
    for (const CapacityLine& line : capacity.lines) {
        Json amounts = Json::array();
        for (const Amount& amount : line.amounts)
            amounts.push_back({{"value", number(amount.value)}, {"style", name_of(amount.style)}});
        lines.push_back({{"id", line.id},
                         {"title", line.title},
                         {"document", line.document},
                         {"formula", line.formula},
                         {"arithmetic", arithmetic_text(line)},
                         {"amounts", std::move(amounts)},
                         {"fit", name_of(line.fit)},
                         {"needed", maybe(line.needed)},
                         {"available", maybe(line.available)},
                         {"measured_by", line.measured_by},
                         {"gap", line.gap ? Json(*line.gap) : Json(nullptr)}});
    }
    return document_text({{"schema", "assay.capacity/1"},
                    {"tool", {{"version", ASSAY_VERSION}}},
                    {"decision", name_of(capacity.decision)},
                    {"exit_status", static_cast<int>(capacity.decision)},
                    {"lines", std::move(lines)},
                    {"run", {{"label", run.label}, {"run_id", run.run_id}}}});
}

}  // namespace assay::report
