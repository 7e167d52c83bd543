#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/policy.h"
#include "engine/core/run.h"

namespace assay::score {

/// A condition that a measurement must have to stand for a row. `text` is set or `number` counts.
struct RequiredCondition {
    std::string_view name;
    std::string_view text;
    std::int64_t number = 0;
    bool is_excluded = false;  ///< it must not be this
};

/// How a condition is shown to people: the value between `before` and `after`.
struct ShownCondition {
    std::string_view name, before, after;
};

/// One metric of a category, and under which conditions two of them measure the same thing.
struct MetricRow {
    std::string_view category, probe, metric;
    Unit unit = Unit::count;
    Better better = Better::higher;  ///< among several candidates the best median is taken
    Statistic statistic = Statistic::median;
    double weight = 1;      ///< share in the category, relative to the others
    bool required = false;  ///< without it the category is not compared
    std::span<const RequiredCondition> conditions{};
    std::string_view largest{};  ///< only candidates with the largest value of this; empty = all
    std::string_view larger_first{};            ///< the largest value of this that both sides have
    std::span<const std::string_view> equal{};  ///< must be equal on both sides, if either has it
    std::string_view size{};  ///< bytes; both sides must be of one size class (`same_size_class`)
    std::span<const ShownCondition> shown{};
};

/// The two measurements that stand for a row.
struct MetricPair {
    const Measurement* source;
    const Measurement* target;
};

/// Why there is no pair: a sentence without a full stop that names the side.
struct Refusal {
    std::string why;
    /// One side has a number, and the other has none or another's.
    bool is_one_sided = false;
};

/// Picks the source's best candidate that the target has measured under equal conditions, and the
/// target's best such one. Else: probe missing, skipped or failed, SELF-TEST, no such conditions,
/// no number, an invalid candidate that may have been the best one, or which condition differs,
/// with both values. (An invalid candidate that stays below the best valid one changes nothing and
/// is passed over.)
std::expected<MetricPair, Refusal> metric_pair(const Run& source, const Run& target,
                                               const MetricRow& row);

/// The number of a measurement. nullopt where the rounds or operations cannot carry it.
std::optional<double> value_of(const Measurement& measurement, Statistic statistic);

/// A condition for people: "4096", "sync", "unknown".
std::string text_of(const Value* value);

/// Sizes within a factor of two measure alike; so do two of 64 GiB or more, which no cache of a
/// device holds.
bool same_size_class(double source_bytes, double target_bytes);

/// "4096 B, depth 32"; where the sides differ, "avx512 -> avx2".
std::string shown_conditions(const MetricRow& row, const Measurement& source,
                             const Measurement& target);

}  // namespace assay::score
