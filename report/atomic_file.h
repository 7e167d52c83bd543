#pragma once

#include <filesystem>
#include <string_view>

#include "engine/core/error.h"

namespace assay::report {

/// Writes the whole content or nothing: temporary file in the same folder, write, fsync, rename,
/// fsync of the folder. An existing file is replaced only at the rename. On any error the temporary
/// file is removed. Errors: cannot_create, with the reason.
Expected<void> write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Can `path` be written later? Creates and removes a temporary file beside it. Lets a long run
/// refuse before it starts.
Expected<void> check_writable(const std::filesystem::path& path);

}  // namespace assay::report
