#include "report/verdict_sections.h"

#include "engine/score/limit_text.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

Mark mark_of(const LimitResult& limit) {
    const bool decides = limit.need == Need::required && !limit.waiver;
    switch (limit.state) {
        case LimitState::met:
            return Mark::good;
        case LimitState::unproven:
            return Mark::warning;
        case LimitState::missed:
            return decides ? Mark::bad : Mark::warning;
        case LimitState::unknown:
            return Mark::absent;
    }
    return Mark::absent;
}

std::string word_of(const LimitResult& limit) {
    std::string word(name_of(limit.state));
    if (limit.need == Need::recommended)
        word += ", recommended";
    return limit.waiver ? word + ", waived" : word;
}

Row row_of(const LimitResult& limit) {
    Row row;
    row.mark = mark_of(limit);
    row.cells = {limit.name, score::bound_text(limit, &quantity)};
    if (!limit.value) {
        row.cells.push_back("-");
        row.note = word_of(limit) + ": " + limit.why;
        return row;
    }
    row.cells.push_back(score::limit_value(limit, *limit.value, &quantity));
    row.cells.push_back(limit.probability ? score::probability_text(*limit.probability) : "-");
    row.cells.push_back(word_of(limit));
    return row;
}

}  // namespace

Mark mark_of(Decision decision) {
    switch (decision) {
        case Decision::go:
            return Mark::good;
        case Decision::go_with_conditions:
            return Mark::warning;
        case Decision::no_go:
            return Mark::bad;
        case Decision::inconclusive:
            return Mark::absent;
    }
    return Mark::absent;
}

std::string name_of_side(const Run& run) {
    return run.label.empty() ? run.run_id : run.label;
}

Section section_of_limits(const Verdict& verdict) {
    Section section;
    section.title = "limits";
    section.columns = {
        {"limits", false}, {"limit", false}, {"value", true}, {"P(met)", false}, {"state", false}};
    for (const LimitResult& limit : verdict.limits)
        section.rows.push_back(row_of(limit));
    return section;
}

}  // namespace assay::report
