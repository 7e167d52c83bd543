#pragma once

#include "cli/commands.h"

/// What each word behind `assay history` does. The first operand is that word.
namespace assay::cli {

Expected<ExitStatus> history_add(const Arguments& arguments, Session& session);
Expected<ExitStatus> history_list(const Arguments& arguments, Session& session);
Expected<ExitStatus> history_show(const Arguments& arguments, Session& session);
Expected<ExitStatus> history_trend(const Arguments& arguments, Session& session);
Expected<ExitStatus> history_diff(const Arguments& arguments, Session& session);
Expected<ExitStatus> history_baseline(const Arguments& arguments, Session& session);
Expected<ExitStatus> history_prune(const Arguments& arguments, Session& session);

}  // namespace assay::cli
