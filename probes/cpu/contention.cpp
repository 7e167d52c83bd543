#include "probes/cpu/contention.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace assay::cpu {

double efficiency_by_law(const ContentionFit& fit, double threads) {
    return 1 / (1 + fit.contention * (threads - 1) + fit.coherency * threads * (threads - 1));
}

std::optional<ContentionFit> fit_contention(std::span<const ScalingPoint> points) {
    std::set<double> counts;
    // 1 / efficiency - 1 = contention u + coherency v with u = n - 1, v = n (n - 1).
    double uu = 0, uv = 0, vv = 0, uy = 0, vy = 0;
    for (const ScalingPoint& point : points) {
        if (!(point.efficiency > 0))
            return std::nullopt;
        if (point.threads <= 1)
            continue;
        counts.insert(point.threads);
        const double u = point.threads - 1, v = point.threads * u, y = 1 / point.efficiency - 1;
        uu += u * u;
        uv += u * v;
        vv += v * v;
        uy += u * y;
        vy += v * y;
    }
    if (counts.size() < 2)
        return std::nullopt;
    const double determinant = uu * vv - uv * uv;
    ContentionFit fit{.contention = (uy * vv - vy * uv) / determinant,
                      .coherency = (vy * uu - uy * uv) / determinant};
    if (fit.coherency < 0)
        fit = {.contention = std::max(0.0, uy / uu), .coherency = 0};
    else if (fit.contention < 0)
        fit = {.contention = 0, .coherency = std::max(0.0, vy / vv)};
    for (const ScalingPoint& point : points)
        fit.worst_error = std::max(
            fit.worst_error, std::abs(point.efficiency - efficiency_by_law(fit, point.threads)));
    return fit;
}

}  // namespace assay::cpu
