#include "probes/cpu/codec_work.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace assay::cpu {
namespace {

constexpr std::size_t kTurnBytes = std::size_t{1} << 18;  // 50 us of the fastest decompression
constexpr std::byte kNotYetWritten{0xA5};

}  // namespace

CodecWork::CodecWork(const host::Clock& clock, const PackedBlocks& blocks, int level,
                     CodecDirection direction, std::vector<CodecStation>& stations,
                     std::vector<CodecProgress>& progress)
    : ClockedWork(clock, progress.size()),
      blocks_(blocks),
      level_(level),
      direction_(direction),
      blocks_per_turn_(std::max<std::size_t>(1, kTurnBytes / blocks.block_bytes())),
      stations_(stations),
      progress_(progress) {}

void CodecWork::begin(std::size_t worker) {
    std::ranges::fill(stations_[worker].out, kNotYetWritten);
    progress_[worker].blocks_before_round = progress_[worker].blocks;
}

bool CodecWork::run(CodecStation& station, std::size_t block) const {
    Codec& codec = *station.codecs.at(level_);
    const std::span<const std::byte> original = blocks_.original(block);
    const std::span<const std::byte> packed = blocks_.packed(block);
    if (direction_ == CodecDirection::compress) {
        const std::span<std::byte> room = std::span(station.out).first(blocks_.most_packed_bytes());
        return codec.compress(original, room) == packed.size();
    }
    return codec.decompress(packed, std::span(station.out).first(original.size())) ==
           original.size();
}

std::uint64_t CodecWork::work(std::size_t worker) {
    CodecStation& station = stations_[worker];
    CodecProgress& progress = progress_[worker];
    std::uint64_t bytes = 0;
    for (std::size_t turn = 0; turn < blocks_per_turn_; ++turn) {
        const std::size_t block = progress.next_block;
        progress.next_block = block + 1 == blocks_.count() ? 0 : block + 1;
        ++progress.blocks;
        if (!run(station, block))
            ++progress.wrong_blocks;
        bytes += blocks_.original(block).size();
    }
    return bytes;
}

void CodecWork::end(std::size_t worker) {
    CodecProgress& progress = progress_[worker];
    // A round that was stopped before it began has nothing to show.
    if (progress.blocks == progress.blocks_before_round)
        return;
    const std::size_t last =
        progress.next_block == 0 ? blocks_.count() - 1 : progress.next_block - 1;
    const std::span<const std::byte> expected =
        direction_ == CodecDirection::compress ? blocks_.packed(last) : blocks_.original(last);
    if (std::memcmp(stations_[worker].out.data(), expected.data(), expected.size()) != 0)
        ++progress.wrong_blocks;
}

double most_codec_bytes_per_cycle(CodecDirection direction) {
    return direction == CodecDirection::compress ? 128 : 64;
}

}  // namespace assay::cpu
