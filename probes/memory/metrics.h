#pragma once

#include <array>
#include <cstddef>

#include "engine/core/metric.h"

namespace assay::memory {

/// Places of the rows below; the first four in the order of Operation.
inline constexpr std::size_t kPeakRatio = 4, kWindowSkew = 5;
inline constexpr std::array kBandwidthMetrics{
    Metric{"memory.bandwidth.read", "Memory read bandwidth",
           "Bytes that all threads loaded into registers inside one common time window, by the "
           "window's length; private arrays, together over four times the last-level cache.",
           Unit::bytes_per_second, Better::higher, ""},
    Metric{"memory.bandwidth.write", "Memory write bandwidth",
           "Bytes that all threads stored inside one common time window, by the window's length; "
           "what the caches read before a regular store is not counted.",
           Unit::bytes_per_second, Better::higher, ""},
    Metric{"memory.bandwidth.copy", "Memory copy bandwidth",
           "Bytes that all threads loaded and stored from array to array inside one common time "
           "window, both counted, by the window's length; what the caches read before a regular "
           "store is not counted.",
           Unit::bytes_per_second, Better::higher, "McCalpin (1995), STREAM: Copy"},
    Metric{"memory.bandwidth.triad", "Memory triad bandwidth",
           "Bytes that all threads loaded (two) and stored (one) for a = b + s c inside one common "
           "time window, all three counted, by the window's length; what the caches read before a "
           "regular store is not counted.",
           Unit::bytes_per_second, Better::higher, "McCalpin (1995), STREAM: Triad"},
    Metric{"memory.bandwidth.peak_ratio", "Share of the DRAM's peak",
           "The rate by channels x transfers a second x 8 B, as --memory-spec names them; absent "
           "without it.",
           Unit::ratio, Better::higher, ""},
    Metric{"memory.bandwidth.window_skew", "Window skew",
           "How long after the common window's opening the last thread began its first block.",
           Unit::nanoseconds, Better::lower, ""},
};

inline constexpr std::size_t kRandomLatency = 0, kTlbCost = 1, kPerLoad = 2, kParallelism = 3;
inline constexpr std::array kLatencyMetrics{
    Metric{"memory.latency.random", "Memory latency, random",
           "Time from one dependent load to the next in a random cycle through the working set, on "
           "one CPU. An operation of the percentiles is the mean of hops_per_sample loads one "
           "after the other.",
           Unit::nanoseconds, Better::lower, ""},
    Metric{"memory.latency.tlb_cost", "Cost of small pages",
           "Latency on 4 KiB pages less that on huge pages, in the same order through the same "
           "working set in one round; a difference of medians.",
           Unit::nanoseconds, Better::lower, ""},
    Metric{"memory.latency.per_load", "Time a load, several chains",
           "Time by the loads of all chains that one CPU follows at once through parts of the same "
           "cycle: no latency, but how often one load is over.",
           Unit::nanoseconds, Better::lower, ""},
    Metric{"memory.latency.parallelism", "Loads under way at once",
           "Time a load of one chain by that of several, both in one round: how many misses one "
           "CPU keeps under way.",
           Unit::ratio, Better::higher, ""},
};

}  // namespace assay::memory
