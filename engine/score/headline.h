#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/run.h"

namespace assay::score {

/// A condition that a measurement must have to be the headline. `text` is set or `number` counts.
struct RequiredCondition {
    std::string_view name;
    std::string_view text;
    std::int64_t number = 0;
};

/// How a condition is shown to people: the value between `before` and `after`.
struct ShownCondition {
    std::string_view name, before, after;
};

/// The one metric that stands for a category, and under which conditions two of them measure the
/// same thing. A row, so that the choice and its reasons stay in one place.
struct Headline {
    std::string_view category, probe, metric;
    Unit unit;
    Better better;  ///< higher or lower; among several candidates the best median is taken
    std::span<const RequiredCondition> required;
    std::string_view largest;  ///< only candidates with the largest value of this; empty = all
    std::span<const std::string_view> equal;  ///< must be equal on both sides, if either has it
    std::string_view size;  ///< bytes; both sides must be of one size class (`same_size_class`)
    std::span<const ShownCondition> shown;
};

/// cpu: double-precision FLOP/s of all CPUs, the best instruction set of each side. memory: read
/// bandwidth of all CPUs, the best kernel and NUMA node pair of each side (one pair, never a sum of
/// pairs, so that a wide machine is not credited with memory that one workload cannot reach at that
/// speed). storage: random read IOPS at depth 32. network: TCP bandwidth at the largest stream
/// count, to the same peer.
std::span<const Headline> headlines();

/// The two measurements that stand for a category.
struct HeadlinePair {
    const Measurement* source;
    const Measurement* target;
};

/// Picks the source's best candidate that the target has measured under equal conditions, and the
/// target's best such one. The unexpected side is a sentence, without a full stop, on why there is
/// none, naming the side: probe missing, skipped or failed, SELF-TEST, no such conditions, no
/// number, an invalid candidate that may have been the best one, or which condition differs, with
/// both values. (An invalid candidate that stays below the best valid one changes nothing and is
/// passed over.)
std::expected<HeadlinePair, std::string> headline_pair(const Run& source, const Run& target,
                                                       const Headline& headline);

/// Sizes within a factor of two measure alike; so do two of 64 GiB or more, which no cache of a
/// device holds.
bool same_size_class(double source_bytes, double target_bytes);

/// "4096 B, depth 32"; where the sides differ, "avx512 -> avx2".
std::string shown_conditions(const Headline& headline, const Measurement& source,
                             const Measurement& target);

}  // namespace assay::score
