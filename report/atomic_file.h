#pragma once

#include <filesystem>
#include <string_view>

#include "engine/core/error.h"

namespace assay::report {

/// How the file is kept out of sight until it is complete. `named` is what a filesystem without
/// O_TMPFILE falls back to by itself; asking for it is for tests.
enum class TemporaryKind { unnamed, named };

/// Writes the whole content or nothing: temporary file in the same folder, write, fsync, link or
/// rename, fsync of the folder. The temporary file has no name (O_TMPFILE) until it is complete, so
/// that nothing is left after kill -9; where the filesystem cannot do that, it has an unpredictable
/// name, and is removed on any error. An existing file is replaced only at the rename, and keeps
/// its permissions; through a symbolic link the file that it points to is replaced. What exists and
/// is no regular file (a folder, /dev/null, a pipe) is refused, never replaced. Errors:
/// cannot_create, with the reason and the way out.
Expected<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                     TemporaryKind kind = TemporaryKind::unnamed);

/// Can `path` be written later? Writes a page to a temporary file beside it and removes it. Lets a
/// long run refuse before it starts. Errors: as above.
Expected<void> check_writable(const std::filesystem::path& path);

}  // namespace assay::report
