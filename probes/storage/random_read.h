#pragma once

#include "engine/probe.h"

namespace assay::storage {

/// Reads of one block at uniformly random offsets with direct I/O, in a closed loop: as soon as one
/// is back the next is on its way. `storage.random_read.iops` and `.latency`, at depth 1 and 32.
extern const Probe kRandomRead;

}  // namespace assay::storage
