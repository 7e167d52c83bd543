#pragma once

#include <string>
#include <vector>

#include "report/chart.h"

namespace assay::report {

/// Where a chart's values stand on one axis of a picture.
class ChartScale {
  public:
    /// A linear axis begins at `floor` where that is lower than all values.
    ChartScale(const std::vector<double>& values, bool is_log, std::optional<double> floor);
    /// 0 at the axis' beginning, 1 at its end.
    double place(double value) const;
    /// The powers of ten on a logarithmic axis and what lies between: they show what it is, without
    /// a number. Empty where there would be none or too many to tell apart.
    std::vector<double> steps() const;

  private:
    double at(double value) const;
    bool is_log_;
    double low_ = 0, high_ = 1;
};

struct AxisLabel {
    double place = 0;  ///< 0 to 1
    std::string text;
};

/// Which of the values to write at an axis: the first and the last, and between them those that fit
/// evenly, `gap` apart at least (a share of the axis). A label is always one of the values.
std::vector<AxisLabel> axis_labels(const ChartScale& scale, const std::vector<ChartValue>& values,
                                   double gap, double gap_a_letter);

}  // namespace assay::report
