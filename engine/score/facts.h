#pragma once

#include <optional>
#include <string>

#include "engine/core/policy.h"
#include "engine/core/run.h"

namespace assay::score {

/// What a run's environment says of one fact.
struct FactValue {
    std::optional<double> value;  ///< in unit_of(fact); absent is "not known"
    std::string note;             ///< what it rests on, or why it is not known; no full stop
    double share = 1;             ///< of a limit that it must reach: it is less than what it shows
};
FactValue fact_of(const Run& run, HostFact fact);

Unit unit_of(HostFact fact);

}  // namespace assay::score
