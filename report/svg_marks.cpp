#include "report/svg_marks.h"

#include "report/format.h"
#include "report/markup.h"

namespace assay::report::svg {
namespace {

constexpr double kMarker = 3.5;

}  // namespace

std::string open(double width, double height, const std::string& says) {
    return format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">", width,
                  height, markup_escaped(says));
}

std::string text_at(Spot spot, std::string_view anchor, std::string_view text) {
    return format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", spot.x, spot.y,
                  anchor, markup_escaped(text));
}

std::string line(Spot from, Spot to, std::string_view look) {
    return format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>",
                  from.x, from.y, to.x, to.y, look);
}

std::string strokes(const std::vector<Stroke>& strokes, std::string_view look) {
    if (strokes.empty())
        return "";
    std::string places;
    for (const auto& [from, to] : strokes)
        places += format("M{:.1f},{:.1f}L{:.1f},{:.1f}", from.x, from.y, to.x, to.y);
    return format("<path d=\"{}\" class=\"{}\"/>", places, look);
}

std::string path(std::string_view tag, const std::vector<Spot>& spots, std::string_view look) {
    std::string points;
    for (const Spot& spot : spots)
        points += format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", spot.x, spot.y);
    return format("<{} points=\"{}\" class=\"{}\"/>", tag, points, look);
}

std::string marker(Spot spot, std::size_t index, std::string_view look) {
    const auto [x, y] = spot;
    constexpr double r = kMarker;
    switch (index % 4) {
        case 0:
            return format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" class=\"{}\"/>", x, y, r,
                          look);
        case 1:
            return path("polygon", {{x - r, y - r}, {x + r, y - r}, {x + r, y + r}, {x - r, y + r}},
                        look);
        case 2:
            return path("polygon", {{x, y - r * 1.2}, {x + r * 1.2, y + r}, {x - r * 1.2, y + r}},
                        look);
        default:
            return path("polygon",
                        {{x, y - r * 1.3}, {x + r * 1.3, y}, {x, y + r * 1.3}, {x - r * 1.3, y}},
                        look);
    }
}

}  // namespace assay::report::svg
