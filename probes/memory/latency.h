#pragma once

#include "engine/probe.h"

namespace assay::memory {

/// memory.latency: how long a load takes whose address the load before it brought, by the size of
/// the working set, on huge and on 4 KiB pages, and from each node to each.
extern const Probe kLatency;

}  // namespace assay::memory
