#include "probes/memory/knee.h"

#include <algorithm>

namespace assay::memory {

Expected<Knee> find_knee(const std::function<Expected<LoadedPoint>(double)>& measure, int steps) {
    Knee knee;
    ASSAY_TRY(knee.idle, measure(0));
    ASSAY_TRY(knee.full, measure(1));
    if (!knee.idle.latency_ns || !knee.full.latency_ns)
        return knee;
    const double wanted = kKneeFactor * *knee.idle.latency_ns;
    knee.complete = true;
    if (*knee.full.latency_ns < wanted)
        return knee;
    LoadedPoint below = knee.idle, above = knee.full;
    double low = 0, high = 1;
    for (int step = 0; step < steps; ++step) {
        const double middle = (low + high) / 2;
        ASSAY_TRY(const LoadedPoint point, measure(middle));
        if (!point.latency_ns) {
            knee.complete = false;
            return knee;
        }
        (*point.latency_ns < wanted ? low : high) = middle;
        (*point.latency_ns < wanted ? below : above) = point;
    }
    const double rise = *above.latency_ns - *below.latency_ns;
    const double part = rise > 0 ? (wanted - *below.latency_ns) / rise : 1;
    knee.bandwidth =
        below.bandwidth + std::clamp(part, 0.0, 1.0) * (above.bandwidth - below.bandwidth);
    return knee;
}

}  // namespace assay::memory
