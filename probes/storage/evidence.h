#pragma once

#include <optional>
#include <vector>

#include "engine/core/finding.h"
#include "probes/storage/round_facts.h"

namespace assay::storage {

/// Everything that weakens or explains one round's numbers. One of severity `invalid` makes the
/// round invalid.
std::vector<Finding> judge_round(const RoundFacts& facts);

/// cached_direct_io when the device saw under 99 % of our bytes, device_traffic_differs when it saw
/// over 1 % more (or when layers between make less explainable). nullopt = they agree, too little
/// was moved to tell, or the kernel keeps no counters.
std::optional<Finding> judge_traffic(const RoundFacts& facts);

/// io_errors when an operation failed or came back short.
std::optional<Finding> judge_failures(const RoundFacts& facts);

/// tool_bound when a thread was on its CPU for over 90 % of the round.
std::optional<Finding> judge_cpu(const RoundFacts& facts);

/// preempted when a thread got its CPU so late that part of the window passed without operations.
std::optional<Finding> judge_start(const RoundFacts& facts);

/// too_few_operations when a closed loop's window holds under 40 operations: one more or less is
/// over 2.5 %.
std::optional<Finding> judge_count(const RoundFacts& facts);

/// books_contradict when the loop's own books miss Little's law by over 2 %.
std::optional<Finding> judge_books(const RoundFacts& facts);

/// short_window when a closed loop's window is shorter than two slices of a limiter (200 ms);
/// it refuses the round where a limit is known.
std::optional<Finding> judge_window(const RoundFacts& facts);

/// write_limit when the round was cut short by what it was allowed to write.
std::optional<Finding> judge_write_limit(const RoundFacts& facts);

/// throttled_volume, stalled, performance_fell and performance_rose within the round.
std::vector<Finding> judge_round_series(const RoundFacts& facts);

/// io_split and io_merged, of a device whose counters count our operations one by one.
std::vector<Finding> judge_sizes(const RoundFacts& facts);

}  // namespace assay::storage
