#include "probes/storage/read_back.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/host/buffer.h"
#include "probes/storage/patience.h"

namespace assay::storage {
namespace {

Expected<void> check_piece(const Target& target, const Piece& piece, std::span<std::byte> buffer) {
    const ssize_t got =
        pread(target.file.number(), buffer.data(), buffer.size(), static_cast<off_t>(piece.offset));
    if (got < 0)
        return system_failure("read back what was written to " + target.path, errno);
    if (got != static_cast<ssize_t>(buffer.size()))
        return failure(ErrorKind::io, "reading back what was written to " + target.path +
                                          " at byte " + std::to_string(piece.offset) +
                                          " came up short");
    const std::size_t block = buffer.size() / piece.least_sequences.size();
    for (std::size_t index = 0; index < piece.least_sequences.size(); ++index) {
        const auto wrong = target.payload->first_wrong_sector(buffer.subspan(index * block, block),
                                                              piece.offset + index * block,
                                                              piece.least_sequences[index]);
        if (wrong)
            return failure(ErrorKind::io, target.path + " does not hold at byte " +
                                              std::to_string(*wrong) +
                                              " what was last written there; do not trust this "
                                              "device with data");
    }
    return {};
}

Expected<void> check_all(const Target& target, const std::vector<Piece>& pieces,
                         const std::stop_token& stop) {
    std::uint64_t largest = 0;
    for (const Piece& piece : pieces)
        largest = std::max(largest, piece.bytes);
    if (largest == 0)
        return {};
    ASSAY_TRY(const host::Buffer buffer,
              host::Buffer::allocate({largest, host::PagePreference::small, std::nullopt}));
    for (const Piece& piece : pieces) {
        if (stop.stop_requested())
            return failure(ErrorKind::interrupted, "interrupted while reading back");
        ASSAY_TRY_VOID(check_piece(target, piece, buffer.bytes().first(piece.bytes)));
    }
    return {};
}

}  // namespace

Expected<void> read_back(const std::shared_ptr<const Target>& target, std::vector<Piece> pieces,
                         std::chrono::steady_clock::time_point deadline,
                         const std::stop_token& stop) {
    return run_patiently(
        [target, pieces = std::move(pieces), stop] { return check_all(*target, pieces, stop); },
        deadline, stop, target->path, "read back what was written");
}

}  // namespace assay::storage
