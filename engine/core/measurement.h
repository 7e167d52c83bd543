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

/// One of the slowest operations: turns a bad p99.99 into evidence.
struct SlowOperationRecord {
    double latency = 0;        ///< in the measurement's unit
    double after_s = 0;        ///< of its completion, since the round's window began
    std::uint64_t offset = 0;  ///< byte in the file or on the device
    std::string kind;          ///< "read", "write", "sync"
    std::size_t round = 0;     ///< index among the valid rounds
    bool operator==(const SlowOperationRecord&) const = default;
};
inline constexpr std::size_t kSlowestKept = 64;

/// What happened in one stretch of a round. A quantile without operations is nullopt.
struct SeriesPoint {
    double per_second = 0;                ///< operations; of a rate in B/s: bytes
    std::optional<double> p50, p99, max;  ///< in the measurement's unit
    bool operator==(const SeriesPoint&) const = default;
};

/// The stretches of one valid round, in time order.
struct RoundSeries {
    double interval_s = 0;
    std::vector<SeriesPoint> points;
    bool operator==(const RoundSeries&) const = default;
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
    std::optional<Percentiles> percentiles;    ///< present where single operations were seen
    std::vector<SlowOperationRecord> slowest;  ///< of all valid rounds, slowest first
    std::vector<RoundSeries> series;           ///< one a valid round, if any
    std::vector<Finding> findings;
    bool operator==(const Measurement&) const = default;

    /// The condition of that name, or nullptr.
    const Value* condition(std::string_view name) const;
};

}  // namespace assay
