#include "report/pdf/summary.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "engine/core/recommendation.h"
#include "report/pdf/table.h"

namespace assay::report::pdf {
namespace {

/// A reader who has a minute reads this many reasons; the others follow in the detail.
constexpr std::size_t kNotesOfSummary = 3;
/// The scale of bars and of the radar; a longer ratio ends there.
constexpr double kFullRatio = 1.5;
constexpr std::size_t kMostSpokes = 12;
constexpr double kFactName = 120;

Lettering text_of(double size) {
    return {.size = size, .colour = kText};
}

void draw_title(Paper& paper, const Document& document) {
    constexpr double kInset = 10;
    Canvas& canvas = paper.canvas();
    const Light light = light_of(document.mark);
    const Lettering title{.size = 19, .is_bold = true, .colour = light.colour, .most_lines = 3};
    const Lettering name{.size = 8.5, .colour = kFaint, .most_lines = 2};
    Lettering value = text_of(8.5);
    value.most_lines = 6;
    const double top = paper.y(), inside = paper.width() - 2 * kInset;
    const double value_width = inside - kFactName;
    paper.advance(kInset);
    const std::string words =
        (light.shape.empty() ? "" : std::string(light.shape) + " ") + document.title;
    paper.advance(canvas.write({paper.left() + kInset, paper.y()}, words, title, inside) + 5);
    for (const Fact& fact : document.facts) {
        const double left = paper.left() + kInset;
        const double names = canvas.write({left, paper.y()}, fact.name, name, kFactName - 8);
        const double values =
            canvas.write({left + kFactName, paper.y()}, fact.value, value, value_width);
        paper.advance(std::max(names, values) + 2);
    }
    paper.advance(kInset - 4);
    canvas.frame({paper.left(), top, paper.width(), paper.y() - top}, light.colour, 1.4);
    paper.advance(6);
}

std::vector<const Row*> rows_with_bars(const Section& section) {
    std::vector<const Row*> rows;
    for (const Row& row : section.rows)
        if (row.bar && !row.cells.empty() && rows.size() < kMostSpokes)
            rows.push_back(&row);
    return rows;
}

double clamped(double ratio) {
    return std::clamp(ratio, 0.0, kFullRatio);
}

/// The categories as spokes: the source is the dashed ring at 1, the target the area.
void draw_radar(Paper& paper, const std::vector<const Row*>& rows, const Box& box) {
    Canvas& canvas = paper.canvas();
    const Spot centre{box.x + box.width / 2, box.y + box.height / 2};
    const double radius = std::min(box.width / 2 - 44, box.height / 2 - 18);
    const auto spot = [&](std::size_t index, double ratio) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(index) / static_cast<double>(rows.size());
        const double reach = ratio / kFullRatio * radius;
        return Spot{centre.x + reach * std::sin(angle), centre.y - reach * std::cos(angle)};
    };
    std::vector<Spot> target, source;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        target.push_back(spot(index, clamped(*rows[index]->bar)));
        source.push_back(spot(index, 1));
    }
    canvas.polygon(target, kAccent, kArea);
    for (std::size_t index = 0; index < rows.size(); ++index)
        canvas.line(centre, spot(index, kFullRatio), kRule, 0.6);
    canvas.dashed_polygon(source, kFaint, 1);
    for (std::size_t index = 0; index < rows.size(); ++index) {
        const Spot end = spot(index, kFullRatio);
        const bool is_upright = std::fabs(end.x - centre.x) < 1;
        const Lettering label{.size = 8,
                              .colour = kText,
                              .align = is_upright         ? Align::centre
                                       : end.x > centre.x ? Align::left
                                                          : Align::right,
                              .most_lines = 1};
        constexpr double kLabel = 60;
        const double x = is_upright         ? end.x - kLabel / 2
                         : end.x > centre.x ? end.x + 4
                                            : end.x - kLabel - 4;
        const double y = is_upright ? (end.y < centre.y ? end.y - 12 : end.y + 2) : end.y - 5;
        canvas.write({x, y}, rows[index]->cells.front(), label, kLabel);
    }
}

/// The cell under that title, or empty.
std::string cell_of(const Section& section, const Row& row, std::string_view title) {
    for (std::size_t index = 0; index < section.columns.size(); ++index)
        if (section.columns[index].title == title && index < row.cells.size())
            return row.cells[index];
    return "";
}

/// A bar a category against the source, its ratio and its grade.
void draw_bars(Paper& paper, const Section& section, const Box& box) {
    constexpr double kName = 52, kRatio = 34, kGrade = 58, kBar = 9;
    Canvas& canvas = paper.canvas();
    const double step = std::min(34.0, box.height / static_cast<double>(section.rows.size() + 1));
    const double full = box.width - kName - kRatio - kGrade - 12;
    double y = box.y + 14;
    const double first = y;
    for (const Row& row : section.rows) {
        const Light light = light_of(row.mark);
        Lettering text = text_of(8.5);
        text.most_lines = 1;
        canvas.write({box.x, y}, row.cells.empty() ? "" : row.cells.front(), text, kName);
        const double left = box.x + kName;
        if (row.bar) {
            canvas.fill({left, y + 1, clamped(*row.bar) / kFullRatio * full, kBar}, light.colour);
            text.align = Align::right;
            canvas.write({left + full + 4, y}, cell_of(section, row, "ratio"), text, kRatio);
            text.align = Align::left;
            canvas.write({left + full + kRatio + 12, y}, cell_of(section, row, "grade"), text,
                         kGrade);
        } else {
            text.colour = kFaint;
            canvas.write({left, y}, "not compared", text, full);
        }
        y += step;
    }
    const double one = box.x + kName + full / kFullRatio;
    canvas.line({one, first - 4}, {one, y - step + kBar + 6}, kFaint, 0.8);
    const Lettering small{.size = 7, .colour = kFaint, .align = Align::centre, .most_lines = 1};
    canvas.write({one - 30, y - step + kBar + 7}, "source", small, 60);
}

void draw_charts(Paper& paper, const Section& section) {
    constexpr double kHeight = 172, kRadarShare = 0.42, kGap = 16;
    const std::vector<const Row*> rows = rows_with_bars(section);
    // Two spokes make no area.
    const bool has_radar = rows.size() >= 3;
    const double height = has_radar ? kHeight : 40 + 30 * static_cast<double>(section.rows.size());
    paper.need(height);
    const double radar = has_radar ? paper.width() * kRadarShare : 0;
    const double gap = has_radar ? kGap : 0;
    if (has_radar)
        draw_radar(paper, rows, {paper.left(), paper.y(), radar, height});
    draw_bars(paper, section,
              {paper.left() + radar + gap, paper.y() + (has_radar ? 12 : 0),
               paper.width() - radar - gap, height - 24});
    paper.advance(height);
}

}  // namespace

bool is_in_summary(const Section& section) {
    return section.has_bars || section.title == heading_of(RecommendationKind::required_upgrade) ||
           section.title == heading_of(RecommendationKind::critical_warning);
}

void draw_notes(Paper& paper, const Document& document, std::size_t first, std::size_t count) {
    const std::size_t end = std::min(document.notes.size(), first + count);
    if (first >= end)
        return;
    draw_heading(paper, document.notes_title);
    for (std::size_t index = first; index < end; ++index) {
        const Note& note = document.notes[index];
        const Light light = light_of(note.mark);
        Lettering text = text_of(8.5);
        paper.paragraph((light.shape.empty() ? "- " : std::string(light.shape) + " ") +
                            (light.word.empty() ? "" : std::string(light.word) + ": ") + note.text,
                        text);
        text.colour = kFaint;
        if (!note.advice.empty())
            paper.paragraph(note.advice, text);
        paper.advance(3);
    }
}

void draw_next_steps(Paper& paper, const Document& document) {
    if (document.next_steps.empty())
        return;
    draw_heading(paper, "next");
    for (const std::string& step : document.next_steps)
        paper.paragraph("- " + step, text_of(8.5));
}

std::size_t draw_summary(Paper& paper, const Document& document) {
    draw_title(paper, document);
    const auto bars = std::ranges::find_if(document.sections, &Section::has_bars);
    if (bars == document.sections.end() || bars->rows.empty()) {
        draw_notes(paper, document, 0, document.notes.size());
        draw_next_steps(paper, document);
        return document.notes.size();
    }
    draw_charts(paper, *bars);
    draw_notes(paper, document, 0, kNotesOfSummary);
    for (const Section& section : document.sections)
        if (is_in_summary(section))
            draw_table(paper, section);
    draw_next_steps(paper, document);
    return std::min(document.notes.size(), kNotesOfSummary);
}

}  // namespace assay::report::pdf
