#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/core/error.h"

namespace assay::report {

/// The whole content of a regular file of at most `limit_bytes`; a larger one is refused before
/// anything is read, and one that grows meanwhile, too. Anything else (a folder, /dev/zero, a pipe)
/// is refused without waiting for it.
/// Errors: not_found, permission, bad_input (too large, no regular file), io.
Expected<std::string> read_input_file(const std::filesystem::path& path, std::uint64_t limit_bytes);

}  // namespace assay::report
