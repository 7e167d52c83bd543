#include <algorithm>

#include "report/pdf.h"
#include "report/pdf/paper.h"
#include "report/pdf/summary.h"
#include "report/pdf/table.h"

namespace assay::report::pdf {
namespace {

std::string title_of(const Document& document) {
    // Of a verdict the first fact is whom it is about.
    return document.facts.empty() ? document.title
                                  : document.title + ", " + document.facts.front().name + " " +
                                        document.facts.front().value;
}

void draw_rest(Paper& paper, const PdfReport& report, std::size_t notes_shown) {
    const Document& document = report.document;
    const bool has_charts = std::ranges::any_of(document.sections, &Section::has_bars);
    if (has_charts && document.sections.size() > 1)
        paper.begin_page();
    draw_notes(paper, document, notes_shown, document.notes.size());
    for (const Section& section : document.sections)
        if (!has_charts || !is_in_summary(section))
            draw_table(paper, section);
    const auto has_rows = [](const Section& section) { return !section.rows.empty(); };
    if (std::ranges::any_of(report.annex, has_rows))
        paper.begin_page();
    for (const Section& section : report.annex)
        if (has_rows(section)) {
            Section annexed = section;
            annexed.title = "annex: " + section.title;
            draw_table(paper, annexed);
        }
    if (report.method.empty())
        return;
    draw_heading(paper, "method");
    paper.paragraph(report.method, {.size = 8, .colour = kFaint});
}

struct Pass {
    std::string bytes;
    std::size_t pages = 0;
};
/// `pages`: how many the foot of each page names.
Expected<Pass> draw(const PdfReport& report, std::size_t pages) {
    const std::string title = "assay: " + title_of(report.document);
    ASSAY_TRY(Canvas canvas, Canvas::make({.title = title,
                                           .creator = std::string("assay ") + ASSAY_VERSION,
                                           .dated = report.dated}));
    Paper paper(canvas, title, pages);
    draw_rest(paper, report, draw_summary(paper, report.document));
    const std::size_t drawn = paper.finish();
    ASSAY_TRY(std::string bytes, canvas.finish());
    return Pass{std::move(bytes), drawn};
}

/// Twice, since the first page says how many there are.
Expected<std::string> write(const PdfReport& report) {
    ASSAY_TRY(const Pass counted, draw(report, 0));
    ASSAY_TRY(Pass written, draw(report, counted.pages));
    return std::move(written.bytes);
}

}  // namespace
}  // namespace assay::report::pdf

extern "C" __attribute__((visibility("default"))) const assay::report::PdfWriter assay_pdf_writer;
const assay::report::PdfWriter assay_pdf_writer{ASSAY_VERSION, &assay::report::pdf::write};
