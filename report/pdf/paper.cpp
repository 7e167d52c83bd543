#include "report/pdf/paper.h"

#include <utility>

#include "report/format.h"
#include "report/plain_text.h"

namespace assay::report::pdf {
namespace {

constexpr double kMargin = 42;
/// Below the text, inside the margin's upper part.
constexpr double kFootY = kPageHeight - kMargin + 8;
constexpr double kPageNumberWidth = 90;

}  // namespace

Light light_of(Mark mark) {
    switch (mark) {
        case Mark::good:
            return {{0.07, 0.39, 0.16}, "\u25cf", "ok"};
        case Mark::warning:
            return {{0.49, 0.31, 0.0}, "\u25b2", "attention"};
        case Mark::bad:
            return {{0.64, 0.05, 0.15}, "\u25a0", "bad"};
        case Mark::absent:
            return {kFaint, "\u25cb", "no number"};
        case Mark::none:
            break;
    }
    return {kText, "", ""};
}

Paper::Paper(Canvas& canvas, std::string foot, std::size_t pages)
    : canvas_(canvas), foot_(std::move(foot)), pages_(pages), y_(kMargin) {}

double Paper::left() const {
    return kMargin;
}

double Paper::width() const {
    return kPageWidth - 2 * kMargin;
}

bool Paper::fits(double height) const {
    return y_ + height <= kPageHeight - kMargin;
}

void Paper::need(double height) {
    if (!fits(height) && y_ > kMargin)
        begin_page();
}

void Paper::begin_page() {
    write_foot();
    canvas_.next_page();
    ++page_;
    y_ = kMargin;
}

void Paper::paragraph(std::string_view text, const Lettering& lettering) {
    need(canvas_.height_of(text, lettering, width()));
    y_ += canvas_.write({left(), y_}, text, lettering, width());
}

std::size_t Paper::finish() {
    write_foot();
    return page_;
}

void Paper::write_foot() {
    const Lettering small{.size = 7, .colour = kFaint, .most_lines = 1};
    Lettering number = small;
    number.align = Align::right;
    canvas_.write({left(), kFootY}, foot_, small, width() - kPageNumberWidth);
    canvas_.write({left() + width() - kPageNumberWidth, kFootY},
                  format("page {} of {}", page_, pages_), number, kPageNumberWidth);
}

}  // namespace assay::report::pdf
