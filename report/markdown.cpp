#include <algorithm>

#include "report/formats.h"
#include "report/plain_text.h"

namespace assay::report {
namespace {

/// A text that Markdown and the HTML inside it leave as it is.
std::string escaped(std::string_view text) {
    std::string safe;
    for (const char letter : visible(text)) {
        if (letter == '<')
            safe += "&lt;";
        else if (letter == '>')
            safe += "&gt;";
        else if (letter == '&')
            safe += "&amp;";
        else {
            if (std::string_view("\\`*_[]|#~!$").find(letter) != std::string_view::npos)
                safe += '\\';
            safe += letter;
        }
    }
    return safe;
}

std::string word_of(Mark mark) {
    switch (mark) {
        case Mark::good:
            return "\u2713 ";
        case Mark::warning:
            return "! ";
        case Mark::bad:
            return "\u2717 ";
        case Mark::absent:
            return "\u00b7 ";
        case Mark::none:
            break;
    }
    return "";
}

std::string table_of(const Section& section) {
    std::string text = "\n|", rule = "|";
    for (const Column& column : section.columns) {
        text += " " + escaped(column.title) + " |";
        rule += column.is_number ? " ---: |" : " --- |";
    }
    text += "\n" + rule + "\n";
    for (const Row& row : section.rows) {
        text += "|";
        for (std::size_t index = 0; index < section.columns.size(); ++index) {
            std::string cell;
            if (index < row.cells.size())
                cell = escaped(row.cells[index]);
            else if (index == row.cells.size())
                cell = escaped(row.note);
            text += " " + (index == 0 ? word_of(row.mark) : "") + cell + " |";
        }
        text += "\n";
    }
    return text;
}

}  // namespace

std::string to_markdown(const Document& document) {
    std::string text = "# " + word_of(document.mark) + escaped(document.title) + "\n\n";
    for (const Fact& fact : document.facts)
        text += "- " + escaped(fact.name) + ": " + escaped(fact.value) + "\n";
    for (const Section& section : document.sections)
        if (!section.rows.empty())
            text += table_of(section);
    if (!document.notes.empty())
        text += "\n## " + escaped(document.notes_title) + "\n";
    for (const Note& note : document.notes) {
        text += "- " + word_of(note.mark) + escaped(note.text) + "\n";
        if (!note.advice.empty())
            text += "  - " + escaped(note.advice) + "\n";
    }
    if (!document.next_steps.empty())
        text += "\n## next\n";
    for (const std::string& step : document.next_steps)
        text += "- " + escaped(step) + "\n";
    return text;
}

}  // namespace assay::report
