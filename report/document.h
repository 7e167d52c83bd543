#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "engine/score/change.h"
#include "engine/score/rank.h"
#include "report/chart.h"

/// A run or a comparison as ordered words and numbers, already rounded for people. Every format for
/// people renders only this, so that none says what another does not. Texts are as they came
/// (a label can hold anything): a writer makes them safe for its own medium.
namespace assay::report {

/// What a reader must notice; a writer shows it by a word or a sign, and perhaps a colour.
enum class Mark { none, good, warning, bad, absent };

struct Fact {
    std::string name, value;
};

struct Row {
    std::vector<std::string> cells;  ///< one a column; may end early where `note` goes on
    std::string note;                ///< instead of the remaining cells: why there is no number
    Mark mark = Mark::none;
    std::optional<double> bar;  ///< of a section with bars: 1 is the whole length
};

struct Column {
    std::string title;
    bool is_number = false;  ///< aligned to the right
};

struct Section {
    std::string title;
    std::vector<Column> columns;
    std::vector<Row> rows;
    bool has_bars = false;  ///< a bar stands before the last two columns
};

struct Note {
    Mark mark = Mark::none;
    std::string text;
    std::string advice;  ///< what to do about it; may be empty
};

struct Document {
    std::string title;  ///< "prod-01", or the verdict's word
    Mark mark = Mark::none;
    std::vector<Fact> facts;
    std::vector<Section> sections;
    std::string notes_title;
    std::vector<Note> notes;
    std::vector<std::string> next_steps;
    std::vector<Chart> charts;  ///< for writers that can draw
};

/// Of a run with several probes each section is cut to what a person compares: of the measurements
/// of one metric that differ in scope, depth, streams or direction one each, the best; a run of one
/// probe shows all.
Document document_of(const Run& run);

Document document_of(const Run& source, const Run& target, const Verdict& verdict);

/// One host judged by a policy's limits.
Document document_of_check(const Run& run, const Verdict& verdict);

/// Several targets, the best first, and which one to choose.
Document document_of_ranking(const Run& source, std::span<const score::Candidate> candidates,
                             const score::Ranking& ranking);

/// One host before and after a change.
Document document_of_change(const Run& before, const Run& after, const score::ChangeReport& report);

}  // namespace assay::report
