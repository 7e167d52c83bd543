#pragma once

#include <string>
#include <string_view>

#include "report/document.h"
#include "report/pdf/canvas.h"

/// Pages that follow each other: where the next thing goes, and what stands at the foot of each.
namespace assay::report::pdf {

/// Contrasts on white are at least 4.5:1; nothing is said by colour alone.
inline constexpr Colour kText{0.11, 0.12, 0.14}, kFaint{0.34, 0.38, 0.42}, kRule{0.82, 0.84, 0.87},
    kAccent{0.02, 0.31, 0.68}, kArea{0.80, 0.88, 0.97};

/// How a mark looks: a colour, a shape and a word.
struct Light {
    Colour colour{};
    std::string_view shape, word;
};
Light light_of(Mark mark);

class Paper {
  public:
    /// `pages`: how many there will be, as a first pass has counted; 0 in that pass.
    Paper(Canvas& canvas, std::string foot, std::size_t pages);

    Canvas& canvas() { return canvas_; }
    double left() const;
    double width() const;
    double y() const { return y_; }
    void advance(double height) { y_ += height; }
    /// True where so much still fits below.
    bool fits(double height) const;
    /// Begins a page unless so much still fits, or the page is fresh.
    void need(double height);
    void begin_page();
    /// Writes text over the whole width below what is there.
    void paragraph(std::string_view text, const Lettering& lettering);
    /// Writes the last page's foot; returns the number of pages.
    std::size_t finish();

  private:
    void write_foot();
    Canvas& canvas_;
    std::string foot_;
    std::size_t pages_;
    std::size_t page_ = 1;
    double y_;
};

}  // namespace assay::report::pdf
