#pragma once

#include <string>
#include <vector>

#include "engine/core/error.h"

namespace assay::test {

/// Runs another program and waits until it ends; its output goes where ours goes.
/// Errors: not_found (no such program), io (it failed).
Expected<void> run_program(const std::vector<std::string>& words);

}  // namespace assay::test
