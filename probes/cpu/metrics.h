#pragma once

#include <array>

#include "engine/core/metric.h"

namespace assay::cpu {

inline constexpr std::array kFlopsMetrics{
    Metric{"cpu.flops.double", "Double-precision FLOP/s",
           "Multiplications and additions of 64-bit numbers, two a multiply-add, of all threads "
           "inside one common time window, by the window's length.",
           Unit::flop_per_second, Better::higher, ""},
    Metric{"cpu.flops.single", "Single-precision FLOP/s",
           "Multiplications and additions of 32-bit numbers, two a multiply-add, of all threads "
           "inside one common time window, by the window's length.",
           Unit::flop_per_second, Better::higher, ""},
};

}  // namespace assay::cpu
