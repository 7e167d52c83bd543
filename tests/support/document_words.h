#pragma once

#include <regex>
#include <set>
#include <string>

#include "report/document.h"
#include "report/pdf.h"

/// All that a document says, as words and as numbers: what a writer's output is compared with.
namespace assay::test {

inline std::multiset<std::string> number_words(const std::string& text) {
    static const std::regex number(R"(\d+(\.\d+)?)");
    std::multiset<std::string> words;
    for (std::sregex_iterator at(text.begin(), text.end(), number), end; at != end; ++at)
        words.insert(at->str());
    return words;
}

inline std::string words_of(const report::Section& section) {
    std::string words;
    for (const report::Column& column : section.columns)
        words += section.rows.empty() ? "" : column.title + "\n";
    for (const report::Row& row : section.rows) {
        for (const std::string& cell : row.cells)
            words += cell + "\n";
        words += row.note + "\n";
    }
    return words;
}

inline std::string words_of(const report::Document& document) {
    std::string words = document.title + "\n" + document.notes_title + "\n";
    for (const report::Fact& fact : document.facts)
        words += fact.name + " " + fact.value + "\n";
    for (const report::Section& section : document.sections)
        words += words_of(section);
    for (const report::Note& note : document.notes)
        words += note.text + "\n" + note.advice + "\n";
    for (const std::string& step : document.next_steps)
        words += step + "\n";
    return words;
}

inline std::string words_of(const report::PdfReport& report) {
    std::string words = words_of(report.document) + report.method + "\n";
    for (const report::Section& section : report.annex)
        words += words_of(section);
    return words;
}

}  // namespace assay::test
