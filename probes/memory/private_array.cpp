#include "probes/memory/private_array.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/units.h"
#include "probes/memory/word_pattern.h"

namespace assay::memory {
namespace {

constexpr std::uint64_t kWordsPerArray = 256 * kGiB / kWordBytes;  // more than any array holds

}  // namespace

Expected<FilledMemory> fill_memory(const ArrayRequest& request) {
    ASSAY_TRY(host::Buffer buffer, host::Buffer::allocate({.bytes = request.bytes,
                                                           .pages = request.pages,
                                                           .numa_node = request.numa_node}));
    FilledMemory memory{.buffer = std::move(buffer),
                        .lead_bytes = request.lead_bytes,
                        .blocks = 0,
                        .first_word = request.number * kWordsPerArray % kMostPatternWords};
    std::fill_n(memory.buffer.data(), request.lead_bytes, std::byte{1});
    auto* words = reinterpret_cast<std::uint64_t*>(memory.data());
    while (memory.used_bytes() + kBlockBytes <= request.bytes) {
        if (request.stop.stop_requested())
            return failure(ErrorKind::interrupted,
                           "filling the memory arrays was stopped on request");
        if (std::chrono::steady_clock::now() >= request.deadline)
            break;
        const std::size_t word = memory.blocks * kWordsPerBlock;
        write_pattern(memory.first_word + word, {words + word, kWordsPerBlock});
        ++memory.blocks;
    }
    if (memory.blocks == 0)
        return failure(ErrorKind::timed_out, "no time was left to fill a memory array of " +
                                                 std::to_string(request.bytes) +
                                                 " B; give a larger budget");
    return memory;
}

PrivateArray::PrivateArray(FilledMemory memory)
    : memory_(std::move(memory)), stream_bytes_(memory_.blocks * kChunkBytes) {}

Expected<PrivateArray> PrivateArray::make(const ArrayRequest& request) {
    ASSAY_TRY(FilledMemory memory, fill_memory(request));
    return PrivateArray(std::move(memory));
}

bool PrivateArray::read_block(const ReadKernel& kernel) {
    const std::uint64_t sum = kernel.read(memory_.data() + offset_, stream_bytes_, kChunkBytes);
    std::uint64_t expected = 0;
    for (std::size_t stream = 0; stream < kStreams; ++stream)
        expected +=
            pattern_sum(memory_.first_word + (stream * stream_bytes_ + offset_) / kWordBytes,
                        kChunkBytes / kWordBytes);
    offset_ += kChunkBytes;
    if (offset_ == stream_bytes_)
        offset_ = 0;
    return sum == expected;
}

}  // namespace assay::memory
