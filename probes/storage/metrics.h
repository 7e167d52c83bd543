#pragma once

#include <array>

#include "engine/core/metric.h"

namespace assay::storage {

inline constexpr Metric kRandomReadIops{
    "storage.random_read.iops",
    "Random read IOPS",
    "Reads of one block at random offsets, past the page cache, that completed in full inside the "
    "round's window, divided by the window's length on our clock; a fixed number is kept in "
    "flight.",
    Unit::operations_per_second,
    Better::higher,
    ""};

inline constexpr Metric kRandomReadLatency{
    "storage.random_read.latency",
    "Random read latency",
    "Time of one read, from just before the system call that submits it to the moment at which our "
    "thread sees its completion, on our clock; a round's sample is the median over its reads.",
    Unit::nanoseconds,
    Better::lower,
    ""};

inline constexpr std::array kRandomReadMetrics{kRandomReadIops, kRandomReadLatency};

}  // namespace assay::storage
