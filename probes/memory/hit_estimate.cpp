#include "probes/memory/hit_estimate.h"

#include <algorithm>

namespace assay::memory {

std::optional<double> estimated_hit_ratio(const PlateauLatencies& latencies) {
    const double distance = latencies.miss - latencies.hit;
    if (latencies.hit <= 0 || latencies.seen <= 0 ||
        distance < kLeastPlateauDistance * latencies.miss)
        return std::nullopt;
    return std::clamp((latencies.miss - latencies.seen) / distance, 0.0, 1.0);
}

}  // namespace assay::memory
