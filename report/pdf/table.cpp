#include "report/pdf/table.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace assay::report::pdf {
namespace {

constexpr double kGap = 7;            ///< between columns
constexpr double kRowSpace = 2.5;     ///< above and below the letters
constexpr double kMostNatural = 210;  ///< a column wider than this wraps
constexpr double kMostWord = 128;     ///< a word wider than this is broken
constexpr double kMostSpread = 14;    ///< what a column gets more where there is room
constexpr double kHeadingSpace = 24;
constexpr double kMostFixed = 0.7;  ///< share of a table that its numbers may have
constexpr int kMostLines = 16;

const Lettering kCell{.size = 7.5, .colour = kText, .most_lines = kMostLines};
const Lettering kHead{.size = 7.5, .is_bold = true, .colour = kFaint, .most_lines = 4};

struct Column {
    double x = 0, width = 0;
    bool is_number = false;
};

/// How wide a column would be alone, and how narrow it can be.
struct Wish {
    double natural = 0, least = 0;
    bool is_fixed = false;  ///< of numbers and of the state: never narrower than its least
};

std::string state_of(const Row& row) {
    const Light light = light_of(row.mark);
    return light.word.empty() ? "" : std::string(light.shape) + " " + std::string(light.word);
}

void widen(Wish& wish, Canvas& canvas, const std::string& text, const Lettering& lettering) {
    wish.natural = std::max(wish.natural, std::min(canvas.width_of(text, lettering), kMostNatural));
    wish.least = std::max(wish.least, std::min(canvas.word_width_of(text, lettering), kMostWord));
}

Wish wish_of_states(Canvas& canvas, const Section& section) {
    Wish wish;
    for (const Row& row : section.rows)
        widen(wish, canvas, state_of(row), kCell);
    wish.least = wish.natural;
    wish.is_fixed = true;
    return wish;
}

Wish wish_of(Canvas& canvas, const Section& section, std::size_t index) {
    Wish wish;
    const bool is_number = section.columns[index].is_number;
    widen(wish, canvas, section.columns[index].title, kHead);
    for (const Row& row : section.rows)
        if (index < row.cells.size())
            widen(wish, canvas, row.cells[index], kCell);
    wish.is_fixed = is_number;
    if (is_number)
        wish.least = std::min(wish.natural, kMostWord);
    return wish;
}

/// Every column gets what it needs, then shares of what is left by what it would like.
std::vector<Column> place(const std::vector<Wish>& wishes, double left, double width) {
    const double gaps = kGap * static_cast<double>(wishes.size() - 1);
    const double room = width - gaps;
    double natural = 0, least = 0, fixed = 0;
    for (const Wish& wish : wishes) {
        natural += wish.natural;
        least += wish.least;
        fixed += wish.is_fixed ? wish.least : 0;
    }
    // Words can be broken and still be read; a number over two lines is another one.
    const bool words_give_way = least > fixed && fixed <= room * kMostFixed;
    std::vector<Column> columns;
    double x = left;
    for (const Wish& wish : wishes) {
        double each = wish.natural;
        if (least >= room && words_give_way)
            each = wish.is_fixed ? wish.least : wish.least * (room - fixed) / (least - fixed);
        else if (least >= room)
            each = wish.least * room / least;
        else if (natural > room)
            each = wish.least + (wish.natural - wish.least) * (room - least) / (natural - least);
        else if (wish.natural > 0)
            each += std::min(kMostSpread, (room - natural) / static_cast<double>(wishes.size()));
        columns.push_back({x, each, false});
        x += each + kGap;
    }
    // What is left over goes to the last column, where notes end.
    columns.back().width = std::max(columns.back().width, left + width - columns.back().x);
    return columns;
}

class Table {
  public:
    Table(Paper& paper, const Section& section)
        : paper_(paper), canvas_(paper.canvas()), section_(section) {
        std::vector<Wish> wishes{wish_of_states(canvas_, section)};
        for (std::size_t index = 0; index < section.columns.size(); ++index)
            wishes.push_back(wish_of(canvas_, section, index));
        columns_ = place(wishes, paper.left(), paper.width());
        for (std::size_t index = 0; index < section.columns.size(); ++index)
            columns_[index + 1].is_number = section.columns[index].is_number;
    }

    void draw() {
        paper_.need(kHeadingSpace + head_height() + row_height(section_.rows.front()));
        draw_heading(paper_, section_.title);
        draw_head();
        for (const Row& row : section_.rows) {
            const double height = row_height(row);
            if (!paper_.fits(height)) {
                paper_.begin_page();
                draw_head();
            }
            draw_row(row, height);
        }
        paper_.advance(8);
    }

  private:
    bool has_head() const {
        // A section of sentences has one column, named as the heading above it is.
        return section_.columns.size() > 1;
    }
    double head_height() {
        if (!has_head())
            return 0;
        double height = 0;
        for (std::size_t index = 0; index < section_.columns.size(); ++index)
            height = std::max(height, canvas_.height_of(section_.columns[index].title, kHead,
                                                        columns_[index + 1].width));
        return height + 2 * kRowSpace;
    }
    double note_width(std::size_t index) const {
        return paper_.left() + paper_.width() - columns_[index].x;
    }
    /// In which column (the state counts) the note of a row stands.
    static std::size_t note_column(const Row& row, std::size_t columns) {
        return std::min(row.cells.size() + 1, columns - 1);
    }
    double row_height(const Row& row) {
        double height = canvas_.height_of(state_of(row), kCell, columns_.front().width);
        for (std::size_t index = 0; index < row.cells.size() && index + 1 < columns_.size();
             ++index)
            height = std::max(
                height, canvas_.height_of(row.cells[index], kCell, columns_[index + 1].width));
        if (!row.note.empty()) {
            const std::size_t at = note_column(row, columns_.size());
            height = std::max(height, canvas_.height_of(row.note, kCell, note_width(at)));
        }
        return height + 2 * kRowSpace;
    }
    Lettering lettering_of(const Lettering& base, std::size_t column) const {
        Lettering lettering = base;
        lettering.align = columns_[column].is_number ? Align::right : Align::left;
        return lettering;
    }
    void draw_head() {
        if (!has_head())
            return;
        const double height = head_height();
        for (std::size_t index = 0; index < section_.columns.size(); ++index)
            canvas_.write({columns_[index + 1].x, paper_.y() + kRowSpace},
                          section_.columns[index].title, lettering_of(kHead, index + 1),
                          columns_[index + 1].width);
        paper_.advance(height);
        canvas_.line({paper_.left(), paper_.y()}, {paper_.left() + paper_.width(), paper_.y()},
                     kFaint, 0.6);
    }
    void draw_row(const Row& row, double height) {
        const double top = paper_.y() + kRowSpace;
        Lettering state = kCell;
        state.colour = light_of(row.mark).colour;
        canvas_.write({columns_.front().x, top}, state_of(row), state, columns_.front().width);
        const std::size_t cells = std::min(row.cells.size(), columns_.size() - 1);
        const std::size_t note = note_column(row, columns_.size());
        for (std::size_t index = 0; index < cells; ++index)
            if (row.note.empty() || index + 1 != note)
                canvas_.write({columns_[index + 1].x, top}, row.cells[index],
                              lettering_of(kCell, index + 1), columns_[index + 1].width);
        if (!row.note.empty())
            canvas_.write({columns_[note].x, top}, row.note, kCell, note_width(note));
        paper_.advance(height);
        canvas_.line({paper_.left(), paper_.y()}, {paper_.left() + paper_.width(), paper_.y()},
                     kRule, 0.4);
    }

    Paper& paper_;
    Canvas& canvas_;
    const Section& section_;
    std::vector<Column> columns_;
};

}  // namespace

void draw_heading(Paper& paper, std::string_view title) {
    const Lettering heading{.size = 11, .is_bold = true, .colour = kText, .most_lines = 2};
    paper.need(kHeadingSpace * 2);
    paper.advance(6);
    paper.advance(paper.canvas().write({paper.left(), paper.y()}, title, heading, paper.width()));
    paper.advance(3);
}

void draw_table(Paper& paper, const Section& section) {
    if (!section.rows.empty() && !section.columns.empty())
        Table(paper, section).draw();
}

}  // namespace assay::report::pdf
