#include "probes/memory/private_array.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/units.h"
#include "probes/memory/word_pattern.h"

namespace assay::memory {
namespace {

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
constexpr std::uint64_t kWordsPerArray = kTiB / kWordBytes;  // more than any array holds

}  // namespace

PrivateArray::PrivateArray(host::Buffer buffer, std::size_t written_bytes, std::uint64_t first_word)
    : buffer_(std::move(buffer)),
      stream_bytes_(written_bytes / kBlockBytes * kChunkBytes),
      first_word_(first_word) {}

Expected<PrivateArray> PrivateArray::make(const ArrayRequest& request) {
    ASSAY_TRY(host::Buffer buffer, host::Buffer::allocate({.bytes = request.bytes,
                                                           .pages = request.pages,
                                                           .numa_node = request.numa_node}));
    const std::uint64_t first_word = request.number * kWordsPerArray;
    auto* words = reinterpret_cast<std::uint64_t*>(buffer.data());
    constexpr std::size_t kWordsPerBlock = kBlockBytes / kWordBytes;
    std::size_t written = 0;
    while (written + kBlockBytes <= request.bytes) {
        if (request.stop.stop_requested())
            return failure(ErrorKind::interrupted,
                           "filling the memory arrays was stopped on request");
        if (std::chrono::steady_clock::now() >= request.deadline)
            break;
        const std::size_t word = written / kWordBytes;
        write_pattern(first_word + word, {words + word, kWordsPerBlock});
        written += kBlockBytes;
    }
    if (written == 0)
        return failure(ErrorKind::timed_out, "no time was left to fill a memory array of " +
                                                 std::to_string(request.bytes) +
                                                 " B; give a larger budget");
    return PrivateArray(std::move(buffer), written, first_word);
}

bool PrivateArray::read_block(const ReadKernel& kernel) {
    const std::uint64_t sum = kernel.read(buffer_.data() + offset_, stream_bytes_, kChunkBytes);
    std::uint64_t expected = 0;
    for (std::size_t stream = 0; stream < kStreams; ++stream)
        expected += pattern_sum(first_word_ + (stream * stream_bytes_ + offset_) / kWordBytes,
                                kChunkBytes / kWordBytes);
    offset_ += kChunkBytes;
    if (offset_ == stream_bytes_)
        offset_ = 0;
    return sum == expected;
}

}  // namespace assay::memory
