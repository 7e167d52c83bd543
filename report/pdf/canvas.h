#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/error.h"

/// The one wrapper of cairo, pango and fontconfig: letters and lines on pages. Lengths are points
/// (1/72 inch) from the upper left corner. No type of a library leaves it.
namespace assay::report::pdf {

/// A4.
inline constexpr double kPageWidth = 595.28, kPageHeight = 841.89;

struct Colour {
    double red = 0, green = 0, blue = 0;
};
struct Spot {
    double x = 0, y = 0;
};
struct Box {
    double x = 0, y = 0, width = 0, height = 0;
};

enum class Align { left, right, centre };
struct Lettering {
    double size = 8.5;
    bool is_bold = false;
    Colour colour{};
    Align align = Align::left;
    int most_lines = 40;  ///< what is longer ends in an ellipsis, so that no text fills a page
};

struct Properties {
    std::string title, creator;
    std::string dated;  ///< RFC 3339, UTC; empty or malformed: the file has no date
};

class Canvas {
  public:
    /// Errors: unavailable (no font is installed), internal.
    static Expected<Canvas> make(const Properties& properties);
    Canvas(Canvas&&) noexcept;
    Canvas& operator=(Canvas&&) noexcept;
    ~Canvas();

    /// Any text: control characters and broken UTF-8 are shown as escapes, letters that no font
    /// has as their number. Of one line, unless `width` makes it more.
    double width_of(std::string_view text, const Lettering& lettering);
    /// Of the longest word, which a line cannot break without breaking the word.
    double word_width_of(std::string_view text, const Lettering& lettering);
    double height_of(std::string_view text, const Lettering& lettering, double width);
    /// Returns the height.
    double write(Spot corner, std::string_view text, const Lettering& lettering, double width);

    void line(Spot from, Spot to, const Colour& colour, double thickness);
    void dashed_polygon(std::span<const Spot> spots, const Colour& colour, double thickness);
    void polygon(std::span<const Spot> spots, const Colour& edge, const Colour& inside);
    void fill(const Box& box, const Colour& colour);
    void frame(const Box& box, const Colour& colour, double thickness);

    void next_page();
    /// Ends the file and gives its bytes; nothing is drawn afterwards. Errors: internal.
    Expected<std::string> finish();

  private:
    struct Parts;
    explicit Canvas(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace assay::report::pdf
