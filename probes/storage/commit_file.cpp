#include "probes/storage/commit_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/units.h"
#include "engine/host/buffer.h"

namespace assay::storage {
namespace {

// A file that was opened for direct I/O becomes an ordinary one, as databases' logs are.
Expected<void> leave_direct_io(const CommitFile& file) {
    const int flags = fcntl(file.file.number(), F_GETFL);
    if (flags < 0 || fcntl(file.file.number(), F_SETFL, flags & ~O_DIRECT) != 0)
        return system_failure("switch off direct I/O for the file of commits in " + file.path,
                              errno);
    return {};
}

Expected<void> write_all(const CommitFile& file, std::uint64_t bytes) {
    ASSAY_TRY(const host::Buffer buffer,
              host::Buffer::allocate({kMiB, host::PagePreference::small, std::nullopt}));
    const Payload payload(bytes);
    for (std::uint64_t offset = 0; offset < bytes;) {
        const auto chunk = buffer.bytes().first(std::min<std::uint64_t>(kMiB, bytes - offset));
        payload.fill(chunk, offset, 1);
        const ssize_t written =
            pwrite(file.file.number(), chunk.data(), chunk.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return system_failure("write the file of commits in " + file.path,
                                  written < 0 ? errno : EIO);
        offset += static_cast<std::uint64_t>(written);
    }
    if (fsync(file.file.number()) != 0)
        return system_failure("sync the file of commits in " + file.path, errno);
    return {};
}

}  // namespace

Expected<std::shared_ptr<CommitFile>> make_commit_file(const std::string& path, CommitFileKind kind,
                                                       bool is_direct, std::uint64_t bytes) {
    ASSAY_TRY(Target opened, open_file(path));
    ASSAY_TRY(const Space space, space_of(opened));
    if (space.usable_bytes() < bytes)
        return failure(ErrorKind::no_space,
                       "the file of commits needs " + std::to_string(bytes) + " B in " + path +
                           ", and only " + std::to_string(space.usable_bytes()) +
                           " B are free above the reserve; free some space or choose another "
                           "--path");
    auto made = std::make_shared<CommitFile>(CommitFile{std::move(opened.file), path});
    if (kind == CommitFileKind::preallocated)
        ASSAY_TRY_VOID(write_all(*made, bytes));
    if (!is_direct)
        ASSAY_TRY_VOID(leave_direct_io(*made));
    return made;
}

Expected<void> empty_commit_file(const CommitFile& file) {
    if (ftruncate(file.file.number(), 0) != 0 || fsync(file.file.number()) != 0)
        return system_failure("empty the file of commits in " + file.path, errno);
    return {};
}

Expected<void> check_committed(const CommitFile& file, std::span<const std::byte> record,
                               std::uint64_t offset) {
    // Clean pages leave the cache, so that the device answers; where they stay, nothing is proven
    // but nothing is wrong either.
    (void)posix_fadvise(file.file.number(), 0, 0, POSIX_FADV_DONTNEED);
    ASSAY_TRY(const host::Buffer buffer,
              host::Buffer::allocate({record.size(), host::PagePreference::small, std::nullopt}));
    const ssize_t got =
        pread(file.file.number(), buffer.data(), record.size(), static_cast<off_t>(offset));
    if (got < 0)
        return system_failure("read back a commit in " + file.path, errno);
    if (got != static_cast<ssize_t>(record.size()) ||
        std::memcmp(buffer.data(), record.data(), record.size()) != 0)
        return failure(ErrorKind::io, "the record that was committed last, at byte " +
                                          std::to_string(offset) + " of a file in " + file.path +
                                          ", is not there; do not trust this device with data");
    return {};
}

}  // namespace assay::storage
