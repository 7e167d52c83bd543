#include "report/text.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <vector>

#include "report/document.h"
#include "report/plain_text.h"

namespace assay::report {
namespace {

constexpr std::size_t kFewestColumns = 40;
constexpr std::size_t kNarrowestCell = 6;
constexpr std::size_t kComfortableCell = 12;
constexpr std::size_t kBarWidth = 10;
constexpr std::size_t kSignWidth = 2;
constexpr std::size_t kGap = 2;
/// A text from outside can be 64 KiB long; a screen is for what can be read.
constexpr std::size_t kLongestText = 600;
constexpr std::size_t kLongestTitle = 40;

enum class Look { plain, bold, good, warning, bad, faint };

std::string_view code_of(Look look) {
    switch (look) {
        case Look::plain:
            return "";
        case Look::bold:
            return "\x1b[1m";
        case Look::good:
            return "\x1b[32m";
        case Look::warning:
            return "\x1b[33m";
        case Look::bad:
            return "\x1b[1;31m";
        case Look::faint:
            return "\x1b[2m";
    }
    return "";
}

Look look_of(Mark mark) {
    switch (mark) {
        case Mark::none:
            return Look::plain;
        case Mark::good:
            return Look::good;
        case Mark::warning:
            return Look::warning;
        case Mark::bad:
            return Look::bad;
        case Mark::absent:
            return Look::faint;
    }
    return Look::plain;
}

/// The sign says what the colour says, for those who see none.
std::string sign_of(Mark mark) {
    switch (mark) {
        case Mark::none:
            return " ";
        case Mark::good:
            return "\u2713";
        case Mark::warning:
            return "!";
        case Mark::bad:
            return "\u2717";
        case Mark::absent:
            return "\u00b7";
    }
    return " ";
}

/// Puts lines together and keeps every one inside the screen.
class Screen {
  public:
    explicit Screen(const TextStyle& style)
        : style_(style),
          columns_(std::max(kFewestColumns, static_cast<std::size_t>(std::max(style.columns, 0)))) {
    }

    std::size_t columns() const { return columns_; }

    /// A text from the document in this screen's letters.
    std::string fit(std::string_view text) const {
        const std::string shown = cut(visible(text), kLongestText);
        return style_.utf8 ? shown : to_ascii(shown);
    }
    /// Cut to a width, where the sign of cutting is of this screen's letters, too.
    std::string fit_to(std::string_view text, std::size_t width) const {
        const std::string shown = cut(text, width);
        return style_.utf8 ? shown : to_ascii(shown);
    }

    void add(std::string_view text, Look look = Look::plain) {
        const std::string shown = fit_to(text, columns_ - used_);
        used_ += display_width(shown);
        const bool coloured = style_.colour && look != Look::plain && !shown.empty();
        text_ += coloured ? std::string(code_of(look)) + shown + "\x1b[0m" : shown;
    }
    void pad_to(std::size_t column) {
        if (column > used_ && column <= columns_)
            add(std::string(column - used_, ' '));
    }
    void end_line() {
        while (text_.ends_with(' '))
            text_.pop_back();
        text_ += '\n';
        used_ = 0;
    }
    /// A text over several lines, from `indent` on.
    void add_wrapped(std::string_view text, std::size_t indent, Look look = Look::plain) {
        for (const std::string& line : wrap(text, columns_ - indent)) {
            pad_to(indent);
            add(line, look);
            end_line();
        }
    }
    std::size_t used() const { return used_; }
    std::string take() { return std::move(text_); }

  private:
    TextStyle style_;
    std::size_t columns_;
    std::size_t used_ = 0;  ///< columns of the line that is being written
    std::string text_;
};

void print_facts(Screen& screen, const Document& document) {
    const std::string separator = screen.fit(" \u00b7 ");
    screen.add(screen.fit_to(screen.fit(document.title), kLongestTitle),
               document.mark == Mark::none ? Look::bold : look_of(document.mark));
    screen.add("  ");
    const std::size_t indent = 2;
    bool is_first = true;
    for (const Fact& fact : document.facts) {
        const std::string item = screen.fit(fact.name) + " " + screen.fit(fact.value);
        const std::size_t needed = display_width(item) + (is_first ? 0 : display_width(separator));
        if (screen.used() > indent && screen.used() + needed > screen.columns()) {
            screen.end_line();
            screen.pad_to(indent);
            is_first = true;
        }
        if (screen.used() + needed > screen.columns()) {
            screen.add_wrapped(item, indent);
            screen.pad_to(indent);
            continue;
        }
        screen.add((is_first ? "" : separator) + item);
        is_first = false;
    }
    if (screen.used() > indent)
        screen.end_line();
    screen.end_line();  // an empty one
}

/// How wide the columns of a section are; 0 leaves an empty column out. Sections with the same
/// columns share them, so that their numbers stand below each other.
struct Layout {
    std::vector<std::size_t> widths;
    bool has_bars = false;

    std::size_t total() const {
        std::size_t total = kSignWidth + (has_bars ? kBarWidth + kGap : 0);
        for (const std::size_t width : widths)
            total += width == 0 ? 0 : width + kGap;
        return total - kGap;
    }
};

bool have_same_columns(const Section& left, const Section& right) {
    // The first title is the section's own name.
    return std::ranges::equal(left.columns | std::views::drop(1),
                              right.columns | std::views::drop(1), {}, &Column::title,
                              &Column::title);
}

Layout natural_layout(const Screen& screen, const Document& document, const Section& like) {
    Layout layout{std::vector<std::size_t>(like.columns.size()), like.has_bars};
    const auto widen = [&](std::size_t index, std::string_view text) {
        layout.widths[index] = std::max(layout.widths[index], display_width(screen.fit(text)));
    };
    for (const Section& section : document.sections)
        if (have_same_columns(section, like))
            for (const Row& row : section.rows)
                for (std::size_t index = 0; index < row.cells.size(); ++index)
                    widen(index, row.cells[index]);
    for (const Section& section : document.sections)
        if (have_same_columns(section, like))
            for (std::size_t index = 0; index < section.columns.size(); ++index)
                // The first title is the section's own, also over rows that are notes alone.
                if (index == 0 || layout.widths[index] > 0)
                    widen(index, section.columns[index].title);
    return layout;
}

/// The column of words to take a letter from next: the last one while it is comfortable, for what
/// it says stands in the notes, too; then the widest. nullopt when nothing is left to take.
std::optional<std::size_t> column_to_shrink(const Layout& layout,
                                            const std::vector<Column>& columns) {
    std::optional<std::size_t> widest;
    for (std::size_t index = 0; index < columns.size(); ++index) {
        const std::size_t width = layout.widths[index];
        if (columns[index].is_number || width <= kNarrowestCell)
            continue;
        if (index + 1 == columns.size() && width > kComfortableCell)
            return index;
        if (!widest || width > layout.widths[*widest])
            widest = index;
    }
    return widest;
}

/// Gives up the bars, then letters, until the table fits or nothing is left to take.
void shrink(Layout& layout, const std::vector<Column>& columns, std::size_t room) {
    layout.has_bars = layout.has_bars && layout.total() <= room;
    while (layout.total() > room) {
        const std::optional<std::size_t> column = column_to_shrink(layout, columns);
        if (!column)
            return;
        --layout.widths[*column];
    }
}

std::string bar_text(double value) {
    const double full = std::clamp(value, 0.0, 1.0) * static_cast<double>(kBarWidth);
    const auto filled = static_cast<std::size_t>(full);  // down: only a ratio of 1 fills the bar
    std::string bar;
    for (std::size_t cell = 0; cell < kBarWidth; ++cell)
        bar += cell < filled ? "\u2588" : "\u2591";
    return bar;
}

void add_cell(Screen& screen, std::string_view text, std::size_t width, bool is_number, Look look) {
    const std::string shown = screen.fit_to(screen.fit(text), width);
    const std::size_t end = screen.used() + width;
    if (is_number)
        screen.pad_to(end - display_width(shown));
    screen.add(shown, look);
    screen.pad_to(end + kGap);
}

void print_titles(Screen& screen, const Section& section, const Layout& layout, bool with_columns) {
    screen.pad_to(kSignWidth);
    for (std::size_t index = 0; index < section.columns.size(); ++index) {
        if (layout.has_bars && index + 2 == section.columns.size())
            screen.pad_to(screen.used() + kBarWidth + kGap);
        if (layout.widths[index] > 0 && (index == 0 || with_columns))
            add_cell(screen, section.columns[index].title, layout.widths[index],
                     section.columns[index].is_number, index == 0 ? Look::bold : Look::faint);
    }
    screen.end_line();
}

/// The lines of each cell of a row, one at least.
using CellLines = std::vector<std::vector<std::string>>;

/// A cell of words goes on below where its column is too narrow: half a name is another's, too. The
/// last column is cut instead, since the notes or the result file say the same; so is a cell before
/// a note, which goes on there itself. Numbers are never narrowed.
CellLines cell_lines(const Screen& screen, const Section& section, const Row& row,
                     const Layout& layout) {
    CellLines lines;
    for (std::size_t index = 0; index < row.cells.size(); ++index) {
        const std::size_t width = layout.widths[index];
        const bool goes_on = width > 0 && row.note.empty() && !section.columns[index].is_number &&
                             index + 1 < section.columns.size();
        if (goes_on)
            lines.push_back(wrap(screen.fit(row.cells[index]), width));
        else
            lines.push_back({row.cells[index]});
    }
    return lines;
}

/// A text from outside can be long.
constexpr std::size_t kMostCellLines = 6;

void print_further_lines(Screen& screen, const CellLines& lines, const Layout& layout) {
    std::size_t height = 0;
    for (const std::vector<std::string>& cell : lines)
        height = std::max(height, cell.size());
    for (std::size_t line = 1; line < std::min(height, kMostCellLines); ++line) {
        std::size_t begin = kSignWidth;
        for (std::size_t index = 0; index < lines.size(); ++index) {
            if (layout.has_bars && index + 2 == lines.size())
                begin += kBarWidth + kGap;
            screen.pad_to(begin);
            if (line < lines[index].size())
                screen.add(screen.fit_to(lines[index][line], layout.widths[index]));
            begin += layout.widths[index] == 0 ? 0 : layout.widths[index] + kGap;
        }
        screen.end_line();
    }
}

void print_row(Screen& screen, const Section& section, const Row& row, const Layout& layout) {
    screen.add(screen.fit(sign_of(row.mark)), look_of(row.mark));
    screen.pad_to(kSignWidth);
    const CellLines lines = cell_lines(screen, section, row, layout);
    for (std::size_t index = 0; index < row.cells.size(); ++index) {
        if (layout.has_bars && row.bar && index + 2 == row.cells.size()) {
            screen.add(screen.fit(bar_text(*row.bar)), look_of(row.mark));
            screen.add("  ");
        }
        if (layout.widths[index] > 0)
            add_cell(screen, lines[index].front(), layout.widths[index],
                     section.columns[index].is_number, Look::plain);
    }
    if (row.note.empty()) {
        screen.end_line();
        print_further_lines(screen, lines, layout);
        return;
    }
    // A note in the last columns of a narrow screen would be a column of single words.
    std::size_t indent = screen.used();
    if (indent + kFewestColumns > screen.columns()) {
        screen.end_line();
        indent = 2 * kSignWidth;
    }
    screen.add_wrapped(screen.fit(row.note), indent, look_of(row.mark));
}

void print_sections(Screen& screen, const Document& document) {
    const Section* before = nullptr;
    for (const Section& section : document.sections) {
        Layout layout = natural_layout(screen, document, section);
        shrink(layout, section.columns, screen.columns());
        print_titles(screen, section, layout,
                     before == nullptr || !have_same_columns(*before, section));
        for (const Row& row : section.rows)
            print_row(screen, section, row, layout);
        before = &section;
    }
}

void print_notes(Screen& screen, const Document& document) {
    if (document.notes.empty())
        return;
    screen.add(screen.fit(document.notes_title), Look::bold);
    screen.end_line();
    for (const Note& note : document.notes) {
        screen.add(screen.fit(sign_of(note.mark)), look_of(note.mark));
        screen.add_wrapped(screen.fit(note.text), kSignWidth);
        if (!note.advice.empty())
            screen.add_wrapped(screen.fit("\u2192 " + note.advice), 2 * kSignWidth, Look::faint);
    }
}

}  // namespace

std::string to_text(const Document& document, const TextStyle& style) {
    Screen screen(style);
    print_facts(screen, document);
    print_sections(screen, document);
    print_notes(screen, document);
    if (!document.next_steps.empty()) {
        screen.add("next", Look::bold);
        screen.end_line();
        for (const std::string& step : document.next_steps)
            screen.add_wrapped(screen.fit(step), kSignWidth);
    }
    return screen.take();
}

std::string run_to_text(const Run& run, const TextStyle& style) {
    return to_text(document_of(run), style);
}

std::string comparison_to_text(const Run& source, const Run& target, const Verdict& verdict,
                               const TextStyle& style) {
    return to_text(document_of(source, target, verdict), style);
}

}  // namespace assay::report
