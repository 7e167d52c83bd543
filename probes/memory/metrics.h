#pragma once

#include <array>
#include <cstddef>

#include "engine/core/metric.h"

namespace assay::memory {

/// Places of the rows below; the first four in the order of Operation.
inline constexpr std::size_t kPeakRatio = 4, kWindowSkew = 5, kSmallPages = 6, kPageGain = 7;
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
    Metric{"memory.bandwidth.small_pages", "Memory bandwidth, 4 KiB pages",
           "The operation's bandwidth in arrays of the same sizes on 4 KiB pages: what a program "
           "gets that does not ask for huge pages.",
           Unit::bytes_per_second, Better::higher, ""},
    Metric{"memory.bandwidth.page_gain", "Gain from huge pages",
           "The operation's bandwidth on huge pages by that on 4 KiB pages, each in half of the "
           "same round.",
           Unit::ratio, Better::higher, ""},
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

inline constexpr std::size_t kUnderLoad = 0, kLoadBandwidth = 1, kKneeBandwidth = 2;
inline constexpr std::array kLoadedLatencyMetrics{
    Metric{"memory.loaded_latency.latency", "Memory latency under load",
           "Time from one dependent load to the next in a random cycle through four times the "
           "last-level cache, on one CPU while others move data at a set rate. An operation of the "
           "percentiles is the mean of hops_per_sample loads one after the other.",
           Unit::nanoseconds, Better::lower, ""},
    Metric{"memory.loaded_latency.bandwidth", "Load on the memory",
           "Bytes that the other CPUs loaded and stored in the window in which the latency was "
           "measured, by its length.",
           Unit::bytes_per_second, Better::neither, ""},
    Metric{"memory.loaded_latency.knee", "Load that doubles the latency",
           "The rate of the other CPUs at which the median latency is twice the idle one, found by "
           "halving intervals inside one round; absent where their full rate does not double it.",
           Unit::bytes_per_second, Better::higher, ""},
};

inline constexpr std::array kCoreToCoreMetrics{
    Metric{"memory.core_to_core.latency", "Latency between two CPUs",
           "Half of the time in which a cache line goes from one CPU to another and back, each "
           "answering the other's store. An operation of the percentiles is the mean of 64 round "
           "trips.",
           Unit::nanoseconds, Better::lower, ""},
};

inline constexpr std::size_t kHitRatio = 0, kEstimatedHitRatio = 1;
inline constexpr std::array kCacheMetrics{
    Metric{"memory.cache.hit_ratio", "Last-level cache hits",
           "Loads that the last-level cache served, by those that asked it, as the processor "
           "counts them, in a random chase through the working set; absent where the counters are "
           "not to be had.",
           Unit::ratio, Better::higher, ""},
    Metric{"memory.cache.estimated_hit_ratio", "Last-level cache hits, estimated",
           "Estimated from times, not counted: where the latency of the working set lies between "
           "that of a quarter of the last-level cache (1) and that of four times it (0), all in "
           "one round.",
           Unit::ratio, Better::higher, ""},
};

}  // namespace assay::memory
