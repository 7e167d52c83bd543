#pragma once

#include <string_view>

#include "engine/core/units.h"

namespace assay::report {

/// A unit as monitoring systems want it: seconds instead of ns, all others as they are.
struct BaseUnit {
    std::string_view suffix;  ///< of a Prometheus metric: "seconds", "bytes_per_second"
    std::string_view nagios;  ///< unit of measurement in performance data: "s", "B", or nothing
    double divisor;           ///< of our number
};
BaseUnit base_unit_of(Unit unit);

}  // namespace assay::report
