#include "probes/storage/file_fill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "engine/host/buffer.h"
#include "probes/storage/patience.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t kChunkBytes = 4 * kMiB;
constexpr std::uint64_t kFillSequence = 1;  // before every other write
constexpr std::uint64_t kBytesBetweenSpaceChecks = 64 * kMiB;
// What a sync may take beyond the deadline before the device counts as hung.
constexpr auto kSyncPatience = std::chrono::seconds(5);

using Time = std::chrono::steady_clock;

struct Fill {
    Target target;
    FillRequest request;
};

Expected<void> write_chunk(const Fill& fill, std::span<const std::byte> chunk,
                           std::uint64_t offset) {
    while (!chunk.empty()) {
        const ssize_t written = pwrite(fill.target.file.number(), chunk.data(), chunk.size(),
                                       static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return system_failure("cannot write the test file in " + fill.target.path, errno);
        if (written == 0)
            return failure(ErrorKind::io, "the filesystem at " + fill.target.path +
                                              " took no data of the test file");
        chunk = chunk.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

Expected<void> keep_reserve(const Target& target) {
    ASSAY_TRY(const Space space, space_of(target));
    if (space.free_bytes >= space.reserve_bytes())
        return {};
    return failure(ErrorKind::no_space, "somebody else is filling the filesystem at " +
                                            target.path +
                                            ": writing the test file stopped at the reserve of " +
                                            std::to_string(space.reserve_bytes()) + " B");
}

// Reserving first fails early and keeps the file in one piece; filesystems that cannot are fine.
Expected<void> reserve(const Target& target, std::uint64_t bytes) {
    while (fallocate(target.file.number(), 0, 0, static_cast<off_t>(bytes)) != 0) {
        if (errno == EINTR)
            continue;
        if (errno == EOPNOTSUPP || errno == ENOSYS)
            return {};
        return system_failure("cannot reserve space for the test file in " + target.path, errno);
    }
    return {};
}

Expected<std::uint64_t> write_until_enough(const Fill& fill) {
    const FillRequest& request = fill.request;
    ASSAY_TRY(const host::Buffer buffer,
              host::Buffer::allocate({kChunkBytes, host::PagePreference::small, std::nullopt}));
    const std::uint64_t least = std::min(request.bytes, kLeastFileBytes);
    std::uint64_t offset = 0;
    while (offset < request.bytes) {
        if (request.stop.stop_requested())
            return failure(ErrorKind::interrupted, "interrupted while writing the test file");
        const auto now = Time::now();
        if (now >= request.deadline || (now >= request.enough && offset >= least))
            break;
        if (offset % kBytesBetweenSpaceChecks == 0)
            ASSAY_TRY_VOID(keep_reserve(fill.target));
        const auto chunk =
            buffer.bytes().first(std::min<std::uint64_t>(kChunkBytes, request.bytes - offset));
        fill.target.payload->fill(chunk, offset, kFillSequence);
        ASSAY_TRY_VOID(write_chunk(fill, chunk, offset));
        offset += chunk.size();
    }
    if (offset < least)
        return failure(ErrorKind::timed_out,
                       "only " + std::to_string(offset) + " B of the test file in " +
                           fill.target.path +
                           " could be written in the time given; give more --budget");
    return offset;
}

// Another pass over a whole file, which may end anywhere: every block holds the same either way.
Expected<void> write_again(const Fill& fill) {
    const auto written = write_until_enough(fill);
    if (!written && written.error().kind != ErrorKind::timed_out)
        return std::unexpected(written.error());
    return {};
}

Expected<void> fill_now(Fill& fill) {
    ASSAY_TRY_VOID(keep_reserve(fill.target));
    ASSAY_TRY_VOID(reserve(fill.target, fill.request.bytes));
    ASSAY_TRY(fill.target.size_bytes, write_until_enough(fill));
    // Only a whole file is worth another pass: what is not whole had no time left.
    for (unsigned pass = 1;
         pass < fill.request.passes && fill.target.size_bytes == fill.request.bytes &&
         Time::now() < fill.request.enough;
         ++pass)
        ASSAY_TRY_VOID(write_again(fill));
    const int file = fill.target.file.number();
    if (fill.target.size_bytes < fill.request.bytes &&
        ftruncate(file, static_cast<off_t>(fill.target.size_bytes)) != 0)
        return system_failure("cannot cut the test file in " + fill.target.path, errno);
    if (fdatasync(file) != 0)
        return system_failure("cannot sync the test file in " + fill.target.path, errno);
    return {};
}

}  // namespace

Expected<Target> fill_file(Target target, const FillRequest& request) {
    auto fill = std::make_shared<Fill>();
    fill->target = std::move(target);
    fill->target.payload = std::make_shared<const Payload>(request.run);
    fill->request = request;
    ASSAY_TRY_VOID(run_patiently([fill] { return fill_now(*fill); },
                                 request.deadline + kSyncPatience, request.stop, fill->target.path,
                                 "finish the writing of the test file"));
    return std::move(fill->target);
}

}  // namespace assay::storage
