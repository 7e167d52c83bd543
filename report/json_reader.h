#pragma once

#include <filesystem>
#include <string_view>

#include "engine/core/error.h"
#include "engine/core/run.h"

namespace assay::report {

/// Reads a run document from outside: everything is bounded (json_tree.h) and checked before use.
/// The schema is looked at first, so that a newer file is named as such. Fields that this version
/// does not know are passed over; one that it needs and misses is named by its JSON path. What the
/// numbers of a document imply is made anew and must agree with it: the summary with the samples
/// (1e-9), the percentiles with their count and each other, the status with the measurements; so a
/// file cannot say one thing in its summary and another in its samples.
/// Errors: bad_input, with the place in the file (byte or JSON path) and what was expected there.
Expected<Run> read_run(std::string_view text);

/// The same from a regular file of at most 64 MiB; larger is refused before it is read. Errors:
/// also not_found, permission, io; all name the file.
Expected<Run> read_run_file(const std::filesystem::path& path);

}  // namespace assay::report
