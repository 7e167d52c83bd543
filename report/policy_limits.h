#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/core/metric.h"
#include "engine/core/policy.h"
#include "report/policy_table.h"

namespace assay::report {

/// One row of [[limits]]. Errors: bad_policy.
Expected<Limit> read_limit(const TomlNode& row, std::string_view file,
                           std::span<const Metric> metrics);

/// A table of facts of the hardware: [minimum], [recommended], [headroom]. Errors: bad_policy.
Expected<std::vector<FactLimit>> read_facts(PolicyTable& table, Need need);

}  // namespace assay::report
