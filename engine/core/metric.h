#pragma once

#include <string_view>

#include "engine/core/units.h"

namespace assay {

enum class Better { higher, lower, neither };
std::string_view name_of(Better better);  ///< "higher", "lower", "neither": as in result files

/// A row of a probe's metrics.h. `id` never changes: history keys on it.
struct Metric {
    std::string_view id;     ///< "storage.random_read.iops"
    std::string_view title;  ///< for people: "Random read IOPS"
    std::string_view
        definition;  ///< one sentence: what is counted, from when to when, on whose clock
    Unit unit;
    Better better;
    std::string_view source;  ///< standard, man page or paper; empty = our own definition
};

}  // namespace assay
