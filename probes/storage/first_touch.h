#pragma once

#include <memory>
#include <optional>

#include "engine/probe.h"
#include "probes/storage/target.h"

namespace assay::storage {

/// Reads some hundred blocks of a device that were hardly read before, twice: a volume that was
/// made from a snapshot fetches each block from afar at its first touch. 256 reads, 5 s at most;
/// nothing is written. lazy_volume; or nullopt, also where a read failed or time ran out: the
/// rounds will say what is wrong with such a device.
std::optional<Finding> judge_touch(const RunContext& context,
                                   const std::shared_ptr<const Target>& target, std::uint64_t seed);

}  // namespace assay::storage
