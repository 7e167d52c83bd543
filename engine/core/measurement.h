#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/finding.h"
#include "engine/core/metric.h"
#include "engine/core/value.h"

namespace assay {

/// What one must repeat to get the number again: {"block_bytes", 4096}, {"depth", 32}.
using Condition = Member;

/// Statistics over the valid samples, from engine/measure/statistics only. What n is too small for
/// is nullopt.
struct Summary {
    std::size_t n = 0;
    std::optional<double> median, min, max, mad, ci95_low, ci95_high;
    bool operator==(const Summary&) const = default;
};

struct PercentileName {
    std::string_view name;
    double fraction;
    /// Fewest operations for which a one-sided 95 % upper bound of this percentile exists: ln 0.05
    /// / ln fraction.
    std::uint64_t operations_needed;
};
inline constexpr std::array kPercentileNames{
    PercentileName{"p50", 0.50, 5},          PercentileName{"p75", 0.75, 11},
    PercentileName{"p90", 0.90, 29},         PercentileName{"p95", 0.95, 59},
    PercentileName{"p99", 0.99, 299},        PercentileName{"p99.9", 0.999, 2995},
    PercentileName{"p99.99", 0.9999, 29956},
};

/// Percentiles over every operation of the valid rounds. nullopt where the operations cannot carry
/// one.
struct Percentiles {
    std::uint64_t count = 0;
    std::array<std::optional<double>, kPercentileNames.size()>
        values;                            ///< in the order of kPercentileNames
    std::optional<double> mean, min, max;  ///< exact, not bucketed
    bool operator==(const Percentiles&) const = default;
};

/// The number of a round that a validity gate refused: kept, never used.
struct InvalidSample {
    double value = 0;
    std::vector<std::string> reasons;  ///< finding ids
    bool operator==(const InvalidSample&) const = default;
};

/// A metric under one set of conditions. Owns its words, so that a file of another version reads
/// the same.
struct Measurement {
    std::string metric;  ///< id
    Unit unit = Unit::count;
    Better better = Better::neither;
    std::vector<Condition> conditions;
    std::vector<double> samples;  ///< one a valid round, in time order, in `unit`, all finite
    std::vector<InvalidSample> invalid_samples;
    Summary summary;
    std::optional<Percentiles> percentiles;  ///< present where single operations were seen
    std::vector<Finding> findings;
    bool operator==(const Measurement&) const = default;

    /// The condition of that name, or nullptr.
    const Value* condition(std::string_view name) const;
};

}  // namespace assay
