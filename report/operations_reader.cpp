#include "report/operations_reader.h"

#include "report/format.h"

namespace assay::report {
namespace {

// More than any profile makes; what is larger was not written by this program.
constexpr std::size_t kMostRounds = 1000;
constexpr std::size_t kMostPoints = 1000;

Expected<std::vector<SeriesPoint>> points_at(const Place& place) {
    ASSAY_TRY(const std::vector<Place> rows, objects_at(place, "points"));
    if (rows.size() > kMostPoints)
        return unexpected_at(place, "points", format("at most {} points", kMostPoints));
    std::vector<SeriesPoint> points;
    for (const Place& row : rows) {
        SeriesPoint point;
        ASSAY_TRY(point.per_second, number_not_negative_at(row, "per_second"));
        ASSAY_TRY(point.p50, number_or_null_at(row, "p50"));
        ASSAY_TRY(point.p99, number_or_null_at(row, "p99"));
        ASSAY_TRY(point.max, number_or_null_at(row, "max"));
        points.push_back(point);
    }
    return points;
}

}  // namespace

Expected<std::vector<SlowOperationRecord>> slowest_at(const Place& measurement) {
    ASSAY_TRY(const std::vector<Place> rows, objects_if_any(measurement, "slowest"));
    if (rows.size() > kSlowestKept)
        return unexpected_at(measurement, "slowest", format("at most {} rows", kSlowestKept));
    std::vector<SlowOperationRecord> slowest;
    for (const Place& row : rows) {
        SlowOperationRecord slow;
        ASSAY_TRY(slow.latency, number_not_negative_at(row, "latency"));
        ASSAY_TRY(slow.after_s, number_not_negative_at(row, "after_s"));
        ASSAY_TRY(slow.offset, whole_at(row, "offset"));
        ASSAY_TRY(slow.kind, text_at(row, "kind"));
        ASSAY_TRY(slow.round, whole_at(row, "round"));
        slowest.push_back(std::move(slow));
    }
    return slowest;
}

Expected<std::vector<RoundSeries>> series_at(const Place& measurement) {
    ASSAY_TRY(const std::vector<Place> rows, objects_if_any(measurement, "series"));
    if (rows.size() > kMostRounds)
        return unexpected_at(measurement, "series", format("at most {} rounds", kMostRounds));
    std::vector<RoundSeries> series;
    for (const Place& row : rows) {
        RoundSeries round;
        ASSAY_TRY(round.interval_s, number_not_negative_at(row, "interval_s"));
        ASSAY_TRY(round.points, points_at(row));
        series.push_back(std::move(round));
    }
    return series;
}

}  // namespace assay::report
