#include "report/text_plot.h"

#include <algorithm>
#include <cmath>

#include "report/plain_text.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

constexpr std::size_t kLines = 8;
constexpr std::size_t kScaleWidth = 14;

std::string padded(const std::string& text, std::size_t width) {
    const std::size_t used = display_width(text);
    return std::string(width > used ? width - used : 0, ' ') + text;
}

}  // namespace

std::string text_plot(std::span<const double> values, Unit unit,
                      const std::vector<std::size_t>& marks, const TextStyle& style) {
    if (values.size() < 2)
        return "";
    const auto columns = static_cast<std::size_t>(std::max(style.columns, 40));
    const std::size_t width = std::min(values.size(), columns - kScaleWidth - 3);
    const std::size_t first = values.size() - width;
    const auto shown = values.subspan(first);
    const auto [low, high] = std::ranges::minmax(shown);
    const double range = high > low ? high - low : 1;
    const auto line_of = [&](double value) {
        return kLines - 1 -
               static_cast<std::size_t>(
                   std::lround((value - low) / range * static_cast<double>(kLines - 1)));
    };
    std::string text;
    for (std::size_t line = 0; line < kLines; ++line) {
        std::string label;
        if (line == 0)
            label = quantity(high, unit);
        else if (line + 1 == kLines)
            label = quantity(low, unit);
        text += padded(label, kScaleWidth) + (style.utf8 ? " \u2502 " : " | ");
        for (std::size_t at = 0; at < width; ++at) {
            const bool is_mark = std::ranges::find(marks, first + at) != marks.end();
            if (line_of(shown[at]) == line)
                text += style.utf8 ? "\u25cf" : "*";
            else
                text += !is_mark ? " " : style.utf8 ? "\u250a" : ":";
        }
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    return text;
}

}  // namespace assay::report
