#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/run.h"
#include "report/chart.h"

/// Charts of one run before it is known whether they stand alone or beside another run's.
namespace assay::report {

/// Longer lines are for the file.
inline constexpr std::size_t kMostChartPoints = 160;

/// A file from outside may hold any number of metrics and conditions; these bound the work.
inline constexpr std::size_t kMostDraftLines = 64, kMostDrafts = 256;

struct DraftLine {
    std::string key;        ///< what was asked: lines of two runs with one key may be compared
    std::string shown;      ///< the same for people
    std::string statistic;  ///< "p99"; empty for the median
    std::vector<ChartPoint> points;
};

struct ChartDraft {
    std::string id;  ///< of one kind over one metric
    Chart chart;     ///< without lines
    std::vector<DraftLine> lines;
};
using ChartDrafts = std::vector<ChartDraft>;

/// "block_bytes=4096 depth=32": the conditions that were asked for, without `but` and without what
/// was found (a path, a size, an instruction set).
std::string asked_conditions(const Measurement& measurement, std::string_view but);

/// "iops (op/s)", "random (time)": the metric's last word and its unit.
std::string axis_title(std::string_view metric, Unit unit);
std::string axis_title(const Measurement& measurement);

/// Numbers over a condition that was varied: threads, depth, block, load.
void add_curves(const ProbeResult& probe, ChartDrafts& drafts);
/// Percentiles of each metric whose operations were seen one by one, and their histogram.
void add_latencies(const ProbeResult& probe, ChartDrafts& drafts);
/// Operations a second, stretch by stretch.
void add_series(const ProbeResult& probe, ChartDrafts& drafts);

}  // namespace assay::report
