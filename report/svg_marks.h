#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The few marks that all charts are made of. Colours are classes of the page.
namespace assay::report::svg {

struct Spot {
    double x = 0, y = 0;
};

/// Begins a picture that says in words what it shows.
std::string open(double width, double height, const std::string& says);
std::string text_at(Spot spot, std::string_view anchor, std::string_view text);
std::string line(Spot from, Spot to, std::string_view look);
struct Stroke {
    Spot from, to;
};
/// Many straight strokes of one look as one element. Nothing for none.
std::string strokes(const std::vector<Stroke>& strokes, std::string_view look);
/// `tag` is polyline or polygon.
std::string path(std::string_view tag, const std::vector<Spot>& spots, std::string_view look);
/// A marker whose shape tells line `index` from the others: circle, square, triangle, diamond.
std::string marker(Spot spot, std::size_t index, std::string_view look);

}  // namespace assay::report::svg
