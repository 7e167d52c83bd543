#pragma once

#include <array>

#include "engine/core/metric.h"

namespace assay::memory {

inline constexpr std::array kBandwidthMetrics{
    Metric{"memory.bandwidth.read", "Memory read bandwidth",
           "Bytes that all threads loaded into registers inside one common time window, by the "
           "window's length; private arrays, together over four times the last-level cache.",
           Unit::bytes_per_second, Better::higher, ""},
};

}  // namespace assay::memory
