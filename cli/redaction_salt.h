#pragma once

#include <array>
#include <cstddef>
#include <filesystem>

#include "engine/core/error.h"

namespace assay::cli {

/// 256 random bits of one site. Whoever has them can test guesses of names, so they are a secret.
using Salt = std::array<std::byte, 32>;

/// Reads the salt of a file, or makes the file (mode 0600) where there is none; of two that make it
/// at once both use the same. Errors: permission (readable by others than its owner, or not by us),
/// bad_input (no salt file of ours), cannot_create.
Expected<Salt> read_or_make_salt(const std::filesystem::path& file);

}  // namespace assay::cli
