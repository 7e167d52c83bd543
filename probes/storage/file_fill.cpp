#include "probes/storage/file_fill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "engine/host/buffer.h"
#include "probes/storage/pattern.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t kChunkBytes = 4 * kMiB;
constexpr std::uint64_t kBytesBetweenSpaceChecks = 64 * kMiB;
// How often the waiting side looks for a stop request.
constexpr auto kLook = std::chrono::milliseconds(20);
// What a sync may take beyond the deadline before the device counts as hung.
constexpr auto kSyncPatience = std::chrono::seconds(5);

using Time = std::chrono::steady_clock;

// Shared with the writing thread, and owned by it alone once the waiting side has given up.
struct Fill {
    Target target;
    FillRequest request;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Expected<void>> outcome;
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
        write_pattern(chunk, offset, request.seed);
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

Expected<void> fill_now(Fill& fill) {
    ASSAY_TRY_VOID(keep_reserve(fill.target));
    ASSAY_TRY_VOID(reserve(fill.target, fill.request.bytes));
    ASSAY_TRY(fill.target.size_bytes, write_until_enough(fill));
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
    fill->target.seed = request.seed;
    fill->request = request;
    std::thread writer;
    try {
        writer = std::thread([fill] {
            auto outcome = fill_now(*fill);
            const std::lock_guard lock(fill->mutex);
            fill->outcome = std::move(outcome);
            fill->changed.notify_all();
        });
    } catch (const std::system_error& refused) {
        return failure(ErrorKind::unavailable,
                       "cannot start a thread to write the test file (see ulimit -u and the pids "
                       "control group)",
                       refused.code().value());
    }
    std::unique_lock lock(fill->mutex);
    const auto give_up = request.deadline + kSyncPatience;
    auto stopped_at = Time::time_point::max() - 5 * kLook;
    while (!fill->outcome && Time::now() < give_up && Time::now() < stopped_at + 5 * kLook) {
        fill->changed.wait_for(lock, kLook);
        if (request.stop.stop_requested())
            stopped_at = std::min(stopped_at, Time::now());
    }
    if (!fill->outcome) {
        // The thread owns the file and the buffer now, and ends when the device lets it.
        writer.detach();
        if (request.stop.stop_requested())
            return failure(ErrorKind::interrupted, "interrupted while writing the test file");
        return failure(ErrorKind::timed_out,
                       "the device under " + fill->target.path +
                           " did not finish a write in time; look into the kernel log (dmesg)");
    }
    lock.unlock();
    writer.join();
    if (!*fill->outcome)
        return std::unexpected(fill->outcome->error());
    return std::move(fill->target);
}

}  // namespace assay::storage
