#pragma once

#include <optional>

namespace assay::memory {

/// Latencies of one round, in ns.
struct PlateauLatencies {
    double hit = 0;   ///< of a working set that the cache holds
    double miss = 0;  ///< of one that it holds next to nothing of
    double seen = 0;  ///< of the one in question
};

/// Two plateaus must be so far apart, by the larger one, to tell one from the other.
inline constexpr double kLeastPlateauDistance = 0.2;

/// The share of hits that mixes the two plateaus to what was seen, within [0, 1]. nullopt where
/// they are too close.
std::optional<double> estimated_hit_ratio(const PlateauLatencies& latencies);

}  // namespace assay::memory
