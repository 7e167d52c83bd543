#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/finding.h"
#include "probes/storage/io_loop.h"

namespace assay::storage {

/// Our reads and the disk's own count of what it read, over one round.
struct Traffic {
    std::uint64_t issued_bytes = 0;  ///< ramp and drain included
    std::uint64_t device_bytes = 0;
    bool is_simple = false;  ///< no layer between that could split, mirror or cache by design
    std::string disk;        ///< the kernel's name
};

/// cached_direct_io when the device saw under 99 % of our bytes, device_traffic_differs when it saw
/// over 1 % more (or when layers between make less explainable). nullopt = they agree, or too
/// little was read to tell.
std::optional<Finding> judge_traffic(const Traffic& traffic);

/// io_errors when an operation failed or came back short.
std::optional<Finding> judge_failures(const LoopTally& tally, const std::string& path);

/// tool_bound when the thread was on its CPU for over 90 % of the round.
std::optional<Finding> judge_cpu(const LoopTally& tally);

/// preempted when the thread got its CPU so late that part of the window passed without reads.
std::optional<Finding> judge_start(const LoopTally& tally);

}  // namespace assay::storage
