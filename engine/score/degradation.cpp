#include "engine/score/degradation.h"

#include <algorithm>
#include <cmath>

#include "engine/core/trend.h"
#include "engine/measure/statistics.h"
#include "engine/score/change_points.h"
#include "engine/score/student_t.h"

namespace assay::score {
namespace {

using Values = std::span<const double>;

constexpr double kCertain = 0.001;
/// A MAD of four to six runs is a poor guess: with normal noise of 3 % these two limits together
/// let one stable run in about 100 out (degradation_test.cpp measures it).
constexpr double kBandWidths = 5;
constexpr double kNarrowestBand = 0.07;
/// MAD to standard deviation, for normal noise.
constexpr double kNormalMad = 1.4826;

ChangeKind kind_of(double change, Better better) {
    if (better == Better::neither || change == 0)
        return ChangeKind::other;
    return (change > 0) == (better == Better::higher) ? ChangeKind::better : ChangeKind::worse;
}

std::optional<Band> band_of(Values values, Better better) {
    const Values before = values.first(values.size() - 1);
    const auto median = measure::median(before);
    const auto mad = measure::mad(before);
    if (before.size() < kFewestForBand || !median || !mad)
        return std::nullopt;
    const double half =
        std::max(kBandWidths * kNormalMad * *mad, kNarrowestBand * std::fabs(*median));
    Band band{.median = *median,
              .low = *median - half,
              .high = *median + half,
              .is_left = false,
              .kind = ChangeKind::other};
    band.is_left = values.back() < band.low || values.back() > band.high;
    if (band.is_left)
        band.kind = kind_of(values.back() - band.median, better);
    return band;
}

std::vector<LevelChange> changes_of(Values values, Better better) {
    const std::vector<std::size_t> points = change_points(values);
    std::vector<LevelChange> changes;
    for (std::size_t index = 0; index < points.size(); ++index) {
        const std::size_t begin = index == 0 ? 0 : points[index - 1];
        const std::size_t end = index + 1 == points.size() ? values.size() : points[index + 1];
        const Values left = values.subspan(begin, points[index] - begin);
        const Values right = values.subspan(points[index], end - points[index]);
        LevelChange change{.at = points[index],
                           .before = measure::median(left).value_or(0),
                           .after = measure::median(right).value_or(0),
                           .ratio = 0,
                           .p_value = t_test(left, right).value_or(1),
                           .kind = ChangeKind::other};
        if (change.before == 0)
            continue;  // no ratio to nothing
        change.ratio = change.after / change.before - 1;
        change.kind = kind_of(change.after - change.before, better);
        if (std::fabs(change.ratio) >= kLeastEffect)
            changes.push_back(change);
    }
    return changes;
}

std::optional<Drift> drift_of(Values values, std::size_t from, Better better) {
    const Values level = values.subspan(from);
    const auto z = mann_kendall_z(level);
    const auto slope = theil_sen_slope(level);
    const auto median = measure::median(level);
    if (!z || !slope || !median || *median == 0)
        return std::nullopt;
    Drift drift{.per_run = *slope / std::fabs(*median),
                .total = 0,
                .p_value = 2 * chance_of_falling(-std::fabs(*z)),
                .from = from,
                .begins = 0,
                .ends = 0,
                .kind = kind_of(*slope, better)};
    const auto steps = static_cast<double>(level.size() - 1);
    drift.total = drift.per_run * steps;
    // The line goes through the medians of both axes (Conover 1999, "Practical Nonparametric
    // Statistics").
    drift.begins = *median - *slope * steps / 2;
    drift.ends = *median + *slope * steps / 2;
    if (drift.p_value >= kCertain || std::fabs(drift.total) < kLeastEffect)
        return std::nullopt;
    return drift;
}

}  // namespace

bool Degradation::is_worse() const {
    return (band && band->kind == ChangeKind::worse) ||
           (!changes.empty() && changes.back().kind == ChangeKind::worse) ||
           (drift && drift->kind == ChangeKind::worse);
}

Degradation find_degradation(Values values, Better better) {
    Degradation found;
    if (values.size() < kFewestForLevels) {
        if (values.size() > kFewestForBand)
            found.band = band_of(values, better);
        return found;
    }
    // Theil-Sen is quadratic; what a drift is was decided in the newest two windows at most.
    constexpr std::size_t kLongestDrift = 100;
    found.changes = changes_of(values, better);
    std::size_t from = found.changes.empty() ? 0 : found.changes.back().at;
    from = std::max(from, values.size() - std::min(values.size(), kLongestDrift));
    found.drift = drift_of(values, from, better);
    return found;
}

}  // namespace assay::score
