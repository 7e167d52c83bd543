#pragma once

#include <string>
#include <vector>

#include "engine/core/value.h"

namespace assay::report {

/// One fact of the fingerprint by its path: "cpu.model_name", "numa.nodes[0].cpus".
struct EnvironmentFact {
    std::string path, value;
    bool operator==(const EnvironmentFact&) const = default;
};

struct EnvironmentChange {
    std::string path, before, after;  ///< "-" where it was unknown or not there
    bool operator==(const EnvironmentChange&) const = default;
};

/// Every fact that stays as it is until somebody changes the host. What moves by itself (free
/// memory, a boot's id, a temperature) is left out. At most 5 000, in the order of the fingerprint.
std::vector<EnvironmentFact> lasting_facts(const Value& environment);

/// What differs, in the order of `after`, then what is gone. What moves by itself is left out here,
/// too: facts that were kept earlier may hold it.
std::vector<EnvironmentChange> environment_diff(const std::vector<EnvironmentFact>& before,
                                                const std::vector<EnvironmentFact>& after);

}  // namespace assay::report
