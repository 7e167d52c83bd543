#include "probes/cpu/packed_blocks.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace assay::cpu {

PackedBlocks::PackedBlocks(host::Buffer buffer, std::span<const std::byte> corpus,
                           std::size_t block_bytes, std::size_t slot_bytes)
    : buffer_(std::move(buffer)),
      corpus_(corpus),
      block_bytes_(block_bytes),
      slot_bytes_(slot_bytes),
      sizes_((corpus.size() + block_bytes - 1) / block_bytes) {}

std::uint64_t PackedBlocks::memory_bytes(const CodecLibrary& library, std::uint64_t corpus_bytes,
                                         std::size_t block_bytes) {
    return (corpus_bytes + block_bytes - 1) / block_bytes *
           library.most_compressed_bytes(block_bytes);
}

Expected<PackedBlocks> PackedBlocks::allocate(const CodecLibrary& library,
                                              std::span<const std::byte> corpus,
                                              std::size_t block_bytes) {
    const std::size_t slot_bytes = library.most_compressed_bytes(block_bytes);
    // Small pages, as the programs get that use these libraries; and only what is written counts.
    ASSAY_TRY(host::Buffer buffer,
              host::Buffer::allocate({.bytes = memory_bytes(library, corpus.size(), block_bytes),
                                      .pages = host::PagePreference::small,
                                      .numa_node = {}}));
    return PackedBlocks(std::move(buffer), corpus, block_bytes, slot_bytes);
}

std::span<const std::byte> PackedBlocks::original(std::size_t block) const {
    const std::size_t at = block * block_bytes_;
    return corpus_.subspan(at, std::min(block_bytes_, corpus_.size() - at));
}

std::span<const std::byte> PackedBlocks::packed(std::size_t block) const {
    return {buffer_.data() + block * slot_bytes_, sizes_[block]};
}

Expected<void> PackedBlocks::pack(Codec& codec, std::size_t first, std::size_t step,
                                  const CorpusLimits& limits) {
    std::vector<std::byte> back(block_bytes_);
    for (std::size_t block = first; block < count(); block += step) {
        if (limits.stop.stop_requested())
            return failure(ErrorKind::interrupted, "preparing was stopped on request");
        if (std::chrono::steady_clock::now() > limits.deadline)
            return failure(ErrorKind::timed_out,
                           "the corpus was not compressed in time; give a larger --budget, a "
                           "smaller --size or one --level");
        const std::span<const std::byte> source = original(block);
        const std::span<std::byte> slot(buffer_.data() + block * slot_bytes_, slot_bytes_);
        const auto bytes = codec.compress(source, slot);
        const std::span<std::byte> place = std::span(back).first(source.size());
        const auto restored = bytes ? codec.decompress(slot.first(*bytes), place) : std::nullopt;
        if (!restored || *restored != source.size() ||
            std::memcmp(place.data(), source.data(), source.size()) != 0)
            return failure(ErrorKind::internal,
                           "block " + std::to_string(block) +
                               " of the corpus did not come back from compression as it was. The "
                               "library or this host's memory is broken: run a memory test");
        sizes_[block] = *bytes;
    }
    return {};
}

double PackedBlocks::ratio() const {
    std::uint64_t packed_bytes = 0;
    for (const std::size_t bytes : sizes_)
        packed_bytes += bytes;
    return static_cast<double>(corpus_.size()) / static_cast<double>(packed_bytes);
}

}  // namespace assay::cpu
