#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/run.h"
#include "report/environment_diff.h"

namespace assay::store {

using report::EnvironmentFact;
using Fact = EnvironmentFact;

/// What a trend is made of: the median of one metric under one set of conditions.
struct Median {
    std::string metric, conditions;
    Unit unit = Unit::count;
    Better better = Better::neither;
    double value = 0;
    std::optional<double> low, high;  ///< 95 % interval
};

/// A run as the history keeps it.
struct RunRecord {
    std::string run_id, label, host, started_at, profile, tool_version;
    double duration_s = 0;
    bool valid = true;
    std::string document;  ///< byte for byte
    std::vector<Fact> facts;
    std::vector<Median> medians;  ///< of what is valid
};

/// Between a host's name and its identity: "db-01#1f3a9c02".
inline constexpr char kIdentitySign = '#';

/// `document` is the text that `run` was read from. The host is the machine's own name, or the
/// label where that is unknown, with the beginning of the machine's identity where the run has one:
/// two machines of one name are two hosts. The conditions of a median are all that one must repeat:
/// those of the measurement, and beside them the profile, the workload version and, of storage,
/// where the filesystem is mounted; so that a trend never joins what cannot be compared. Numbers
/// with a finding of severity invalid are left out.
RunRecord record_of(const Run& run, std::string document);

}  // namespace assay::store
