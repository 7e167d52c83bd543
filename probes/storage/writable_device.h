#pragma once

#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/files.h"
#include "probes/storage/target.h"

namespace assay::storage {

/// A block device that may be overwritten. `target.file` is open for direct reads and writes with
/// O_EXCL and under an exclusive flock(2): while it stays open, nobody can mount the device, swap
/// to it or take it into an array or volume. Keep it for the whole run; never reopen by path.
struct WritableDevice {
    Target target;
    std::vector<std::string> unchecked;  ///< as of host::DeviceUse; belongs in the run's notes
};

/// All checks of open_for_destruction that need no writable descriptor, for `doctor` and `plan`:
/// the device is opened read-only, and nothing is claimed. Success is no promise for later.
/// Errors: as of open_for_destruction.
Expected<void> may_destroy(const host::Files& files, const std::string& path,
                           const std::string& destroy_word);

/// Opens `path` for overwriting, if nothing at all speaks against it. First read-only: the path is
/// a block device, `destroy_word` (what the user gave to --destroy-data) equals host::identity_of,
/// the kernel knows of no use (host::use_of), and nothing lies on it (host::signatures_of). Then
/// with O_EXCL, and everything is asked once more, so that nothing can have come between. There is
/// no way to force it. Writes nothing, also when it succeeds. Errors: not_found; usage (no block
/// device, a wrong or missing word, less than 16 MiB); permission (may not open, write-protected);
/// unavailable (in use, something lies on it, changed meanwhile: each reason is named, with the way
/// out); io (cannot be read: what is on it is unknown); unsupported (no direct I/O).
Expected<WritableDevice> open_for_destruction(const host::Files& files, const std::string& path,
                                              const std::string& destroy_word);

}  // namespace assay::storage
