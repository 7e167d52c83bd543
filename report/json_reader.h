#pragma once

#include <filesystem>
#include <string_view>

#include "engine/core/error.h"
#include "engine/core/run.h"

namespace assay::report {

/// Reads a run document from outside: everything is bounded and checked before use.
/// Errors: bad_input, with the place in the file (byte or JSON path) and what was expected there.
Expected<Run> read_run(std::string_view text);

/// The same from a file of at most 64 MiB; larger is refused before it is read. Errors: also
/// not_found, permission.
Expected<Run> read_run_file(const std::filesystem::path& path);

}  // namespace assay::report
