#pragma once

#include <optional>
#include <string>
#include <vector>

/// A picture of numbers as words and numbers: what a writer draws, and what it says to those who
/// cannot see it. Every number that is written is one of the result file; a writer labels its axes
/// with these and invents none.
namespace assay::report {

struct ChartValue {
    double at = 0;     ///< where it stands on the axis; finite; over 0 on a logarithmic one
    std::string text;  ///< as people read it
};

struct ChartPoint {
    ChartValue x, y;
    std::optional<double> low{}, high{};  ///< 95 % interval of y, drawn only
    std::optional<ChartValue> from{};     ///< of steps: where this one begins on x
    bool begins = false;                  ///< no line leads here from the point before
};

/// Whose line it is: it chooses colour, dash and marker.
enum class ChartSide { only, source, target };

struct ChartLine {
    std::string name;  ///< empty where there is but one
    ChartSide side = ChartSide::only;
    std::vector<ChartPoint> points;
};

struct ChartAxis {
    std::string title;  ///< with its unit
    bool is_log = false;
    bool has_scale = true;  ///< else its numbers mean nothing alone, as the height of a density
    bool begins_at_zero = true;  ///< of a linear y: else where its values begin
};

enum class FlagKind { better, worse, other };

/// A place on x to look at: a dashed line with a shape and a word, and its sentence below.
struct ChartFlag {
    ChartValue x;
    FlagKind kind = FlagKind::other;
    std::string text;
};

enum class ChartForm { curve, steps };

struct Chart {
    std::string category;  ///< "storage"
    std::string title;
    ChartForm form = ChartForm::curve;
    ChartAxis x, y;
    std::vector<ChartLine> lines;
    std::vector<ChartFlag> flags;
    std::string note;  ///< what is not drawn, and where it is
};

}  // namespace assay::report
