#pragma once

#include <array>
#include <cstddef>

#include "engine/core/metric.h"

namespace assay::cpu {

inline constexpr std::array kClockMetrics{
    Metric{"cpu.clock.scalar", "Clock, scalar work",
           "Dependent additions of registers, one a cycle, by the time they took: the 90th "
           "percentile of runs of some 50 us, as the mean over the threads; checked by a second "
           "chain.",
           Unit::hertz, Better::higher, ""},
    Metric{"cpu.clock.vector", "Clock, vector work",
           "Dependent additions of registers, one a cycle, with vector multiply-adds in their "
           "shadow, by the time they took: the 90th percentile of runs of some 50 us, as the mean "
           "over the threads.",
           Unit::hertz, Better::higher, ""},
};

/// Places of the rows below.
inline constexpr std::size_t kDoubleFlops = 0, kSingleFlops = 1, kDoubleFmaAddFlops = 2,
                             kSingleFmaAddFlops = 3, kPeakRatio = 4, kBurstFlops = 5,
                             kSustainedFlops = 6;
inline constexpr std::array kFlopsMetrics{
    Metric{"cpu.flops.double", "Double-precision FLOP/s",
           "Multiplications and additions of 64-bit numbers, two a multiply-add, of all threads "
           "inside one common time window, by the window's length.",
           Unit::flop_per_second, Better::higher, ""},
    Metric{"cpu.flops.single", "Single-precision FLOP/s",
           "Multiplications and additions of 32-bit numbers, two a multiply-add, of all threads "
           "inside one common time window, by the window's length.",
           Unit::flop_per_second, Better::higher, ""},
    Metric{"cpu.flops.double_fma_add", "Double FLOP/s, FMA and ADD",
           "As cpu.flops.double, with as many separate additions as multiply-adds in turn, for "
           "cores that have adders beside their multiply-add units.",
           Unit::flop_per_second, Better::higher, ""},
    Metric{"cpu.flops.single_fma_add", "Single FLOP/s, FMA and ADD",
           "As cpu.flops.single, with as many separate additions as multiply-adds in turn, for "
           "cores that have adders beside their multiply-add units.",
           Unit::flop_per_second, Better::higher, ""},
    Metric{"cpu.flops.peak_ratio", "Share of the inferred peak",
           "Multiply-adds a cycle by the peak: the middle one of blocks sampled through the round, "
           "each by the clock that was measured right after it; mean of the threads. The peak is "
           "inferred as the whole rate (1/2, 1, 2, 3 or 4 vectors a cycle) that the upper quartile "
           "of the run is near (1.5 % below to 2 % above).",
           Unit::ratio, Better::higher, ""},
    Metric{"cpu.flops.burst", "FLOP/s, first seconds of a soak",
           "Double-precision operations of all threads in the first five seconds of lasting load, "
           "as the mean of these seconds; of the first third where the load is shorter.",
           Unit::flop_per_second, Better::higher, ""},
    Metric{"cpu.flops.sustained", "FLOP/s, end of a soak",
           "Double-precision operations of all threads in the last third of lasting load, as the "
           "mean of its seconds. Every second is in the series.",
           Unit::flop_per_second, Better::higher, ""},
};

inline constexpr std::size_t kEfficiency = 0, kEfficiencyPerClock = 1, kPairRatio = 2;
inline constexpr std::array kScalingMetrics{
    Metric{"cpu.scaling.efficiency", "Scaling efficiency",
           "The rate of n threads by n times the rate of one, both measured in the same round in "
           "turn; double-precision multiply-adds out of registers.",
           Unit::ratio, Better::higher, ""},
    Metric{"cpu.scaling.efficiency_per_clock", "Scaling efficiency per clock",
           "As cpu.scaling.efficiency, each rate by the clocks that its threads were measured to "
           "have: what is lost here is lost to contention, not to a lower clock.",
           Unit::ratio, Better::higher, ""},
    Metric{"cpu.scaling.pair_ratio", "Slowest pair of CPUs",
           "How fast the typical block of a CPU runs beside a busy second one, by how fast it runs "
           "alone: the lowest over the pairs of the round; 1/2 where two CPUs share one core.",
           Unit::ratio, Better::higher, ""},
};

}  // namespace assay::cpu
