#pragma once

#include "cli/arguments.h"
#include "engine/core/policy.h"

namespace assay::cli {

Flag policy_flag();  ///< --policy NAME|FILE

/// The policy that --policy names, or the default one. Errors: those of report::find_policy.
Expected<Policy> chosen_policy(const Arguments& arguments);

}  // namespace assay::cli
