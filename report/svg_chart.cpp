#include "report/svg_chart.h"

#include <algorithm>

#include "report/chart_scale.h"
#include "report/format.h"
#include "report/plain_text.h"
#include "report/svg_marks.h"

namespace assay::report {
namespace {

using svg::Spot;

constexpr double kWidth = 440, kHeight = 260;
constexpr double kLeft = 78, kRight = 424, kTop = 30, kBottom = 206;
/// Where flags are: the words of flags have a strip of their own, so that no curve crosses them.
constexpr double kStrip = 18;
constexpr double kLetter = 7.2, kLine = 15, kMarkerRoom = 8;
/// More markers than these are a hedge, not a line.
constexpr std::size_t kMostMarkers = 48;

struct Frame {
    ChartScale x, y;
    double top = kTop;
    bool has_log_y = false;
    Spot spot(double at_x, double at_y) const {
        return {kLeft + x.place(at_x) * (kRight - kLeft), kBottom - y.place(at_y) * height()};
    }
    double height() const { return kBottom - top; }
};

Frame frame_of(const Chart& chart) {
    std::vector<double> xs, ys;
    for (const ChartLine& line : chart.lines)
        for (const ChartPoint& point : line.points) {
            xs.push_back(point.x.at);
            if (point.from)
                xs.push_back(point.from->at);
            for (const auto& value : {std::optional(point.y.at), point.low, point.high})
                if (value && (*value > 0 || !chart.y.is_log))
                    ys.push_back(*value);
        }
    const bool has_floor = !chart.y.is_log && chart.y.begins_at_zero;
    return {.x = ChartScale(xs, chart.x.is_log, std::nullopt),
            .y = ChartScale(ys, chart.y.is_log, has_floor ? std::optional(0.0) : std::nullopt),
            .top = kTop + (chart.flags.empty() ? 0 : kStrip),
            .has_log_y = chart.y.is_log};
}

std::string look_of(const Chart& chart, std::size_t index) {
    const ChartSide side = chart.lines[index].side;
    if (side == ChartSide::source)
        return "of-source";
    if (side == ChartSide::target)
        return "of-target";
    return format("line-{}", index % 6);
}

/// The third line of a chart of two sides is the target's first: its marker is its side's.
std::size_t shape_of(const Chart& chart, std::size_t index) {
    const ChartSide side = chart.lines[index].side;
    if (side == ChartSide::only)
        return index;
    std::size_t of_side = 0;
    for (std::size_t other = 0; other < index; ++other)
        if (chart.lines[other].side == side)
            ++of_side;
    return (side == ChartSide::source ? 1 : 0) + 2 * of_side;
}

std::string x_axis(const Chart& chart, const Frame& frame) {
    std::vector<ChartValue> values;
    for (const ChartLine& line : chart.lines) {
        const bool has_rounds = std::ranges::any_of(line.points, &ChartPoint::begins);
        for (const ChartPoint& point : line.points) {
            if (!has_rounds || point.begins || &point == &line.points.back())
                values.push_back(point.x);
            if (point.from)
                values.push_back(*point.from);
        }
    }
    std::string text = svg::line({kLeft, kBottom}, {kRight, kBottom}, "axis");
    for (const double place : frame.x.steps()) {
        const double x = kLeft + place * (kRight - kLeft);
        text += svg::line({x, kBottom}, {x, kBottom + 4}, "axis");
    }
    const double width = kRight - kLeft;
    for (const AxisLabel& label : axis_labels(frame.x, values, 10 / width, kLetter / width)) {
        const double x = kLeft + label.place * width;
        text += svg::line({x, kBottom}, {x, kBottom + 6}, "axis");
        // At the right edge a label grows to the left.
        const double half = kLetter * static_cast<double>(display_width(label.text)) / 2;
        const bool is_cut = x + half > kWidth;
        text += svg::text_at({is_cut ? kWidth : x, kBottom + 20}, is_cut ? "end" : "middle",
                             label.text);
    }
    return text + svg::text_at({(kLeft + kRight) / 2, kBottom + 42}, "middle", chart.x.title);
}

std::string y_axis(const Chart& chart, const Frame& frame) {
    std::string text = svg::line({kLeft, frame.top}, {kLeft, kBottom}, "axis") +
                       svg::text_at({4, 16}, "start", chart.y.title);
    if (!chart.y.has_scale)
        return text;
    std::vector<ChartValue> values;
    if (!chart.y.is_log && chart.y.begins_at_zero)
        values.push_back({0, "0"});
    for (const ChartLine& line : chart.lines)
        for (const ChartPoint& point : line.points)
            values.push_back(point.y);
    for (const double place : frame.y.steps()) {
        const double y = kBottom - place * frame.height();
        text += svg::line({kLeft - 4, y}, {kLeft, y}, "axis");
    }
    for (const AxisLabel& label : axis_labels(frame.y, values, kLine / frame.height(), 0)) {
        const double y = kBottom - label.place * frame.height();
        text += svg::line({kLeft, y}, {kRight, y}, "grid") +
                svg::text_at({kLeft - 8, y + 4}, "end", label.text);
    }
    return text;
}

std::string curve_of(const ChartLine& line, const Frame& frame, const std::string& look,
                     std::size_t shape) {
    std::string text, marks;
    std::vector<svg::Stroke> whiskers;
    std::vector<Spot> spots;
    const auto flush = [&] {
        if (spots.size() > 1)
            text += svg::path("polyline", spots, "curve " + look);
        spots.clear();
    };
    const bool has_markers = line.points.size() <= kMostMarkers;
    for (const ChartPoint& point : line.points) {
        if (point.begins)
            flush();
        spots.push_back(frame.spot(point.x.at, point.y.at));
        if (point.low && point.high && (*point.low > 0 || !frame.has_log_y))
            whiskers.push_back(
                {frame.spot(point.x.at, *point.low), frame.spot(point.x.at, *point.high)});
        if (has_markers)
            marks += svg::marker(spots.back(), shape, "mark " + look);
    }
    flush();
    return text + svg::strokes(whiskers, "whisker") + marks;
}

std::string steps_of(const ChartLine& line, const Frame& frame, const std::string& look) {
    if (line.points.empty() || !line.points.front().from)
        return "";
    std::vector<Spot> spots{frame.spot(line.points.front().from->at, 0)};
    for (const ChartPoint& point : line.points) {
        spots.push_back({spots.back().x, frame.spot(point.x.at, point.y.at).y});
        spots.push_back(frame.spot(point.x.at, point.y.at));
    }
    spots.push_back(frame.spot(line.points.back().x.at, 0));
    return svg::path("polygon", spots, "steps " + look);
}

/// A dashed line, and over it the flag's shape and word. A word that has no place beside the one
/// before it is left out: the sentence below the picture has it.
std::string flags_of(const Chart& chart, const Frame& frame) {
    std::string text;
    double taken = kLeft;
    for (const ChartFlag& flag : chart.flags) {
        const Spot head{frame.spot(flag.x.at, 0).x, frame.top - 8};
        const FlagStyle style = flag_style(flag.kind);
        const std::string look = "flag " + std::string(style.look);
        text += svg::line({head.x, frame.top}, {head.x, kBottom}, look) +
                svg::marker(head, style.shape, look);
        const double half = kMarkerRoom,
                     width = half + kLetter * static_cast<double>(style.word.size());
        const bool fits_right = head.x + width <= kWidth;
        const double begin = fits_right ? head.x + half : head.x - width;
        if (begin < taken)
            continue;
        text += svg::text_at({fits_right ? begin : head.x - half, head.y + 4},
                             fits_right ? "start" : "end", style.word);
        taken = (fits_right ? begin + width : head.x) + half;
    }
    return text;
}

/// "title. depth 1: 82.0 us to 3.2 ms." The table below the picture has all numbers.
std::string words_of(const Chart& chart) {
    std::string says = chart.title + ".";
    for (const ChartLine& line : chart.lines) {
        if (line.points.empty())
            continue;
        const auto [low, high] = std::ranges::minmax(
            line.points, {}, [](const ChartPoint& point) { return point.y.at; });
        says += " " + line.name + (line.name.empty() ? "" : ": ");
        if (chart.form == ChartForm::steps)
            says += "from " + line.points.front().from->text + " to " + line.points.back().x.text +
                    ", most densely " + high.y.text + ".";
        else
            says += "from " + low.y.text + " at " + low.x.text + " to " + high.y.text + " at " +
                    high.x.text + ".";
    }
    for (const ChartFlag& flag : chart.flags)
        says += " Flag at " + flag.x.text + ": " + std::string(flag_style(flag.kind).word) + ".";
    return says + " The numbers are in the table below it.";
}

}  // namespace

FlagStyle flag_style(FlagKind kind) {
    switch (kind) {
        case FlagKind::better:
            return {"good", "better", 0};
        case FlagKind::worse:
            return {"bad", "worse", 1};
        case FlagKind::other:
            break;
    }
    return {"changed", "changed", 2};
}

std::string chart_svg(const Chart& chart) {
    const bool has_points = std::ranges::any_of(
        chart.lines, [](const ChartLine& line) { return !line.points.empty(); });
    if (!has_points)
        return "";
    const Frame frame = frame_of(chart);
    std::string text =
        svg::open(kWidth, kHeight, words_of(chart)) + y_axis(chart, frame) + x_axis(chart, frame);
    for (std::size_t index = 0; index < chart.lines.size(); ++index) {
        const ChartLine& line = chart.lines[index];
        const std::string look = look_of(chart, index);
        text += chart.form == ChartForm::steps
                    ? steps_of(line, frame, look)
                    : curve_of(line, frame, look, shape_of(chart, index));
    }
    return text + flags_of(chart, frame) + "</svg>";
}

std::string flag_key_svg(FlagKind kind) {
    const FlagStyle style = flag_style(kind);
    return "<svg class=\"shape\" viewBox=\"0 0 10 10\" aria-hidden=\"true\">" +
           svg::marker({5, 5}, style.shape, "flag " + std::string(style.look)) + "</svg>";
}

std::string legend_key_svg(const Chart& chart, std::size_t index) {
    const std::string look = look_of(chart, index);
    std::string text = "<svg class=\"key\" viewBox=\"0 0 34 12\" aria-hidden=\"true\">" +
                       svg::path("polyline", {{1, 6}, {33, 6}}, "curve " + look);
    if (chart.form == ChartForm::curve)
        text += svg::marker({17, 6}, shape_of(chart, index), "mark " + look);
    return text + "</svg>";
}

}  // namespace assay::report
