#include "probes/network/wire/payload.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/core/random.h"

namespace assay::network {
namespace {

using NumberBytes = std::array<std::byte, Payload::kNumberBytes>;

NumberBytes little_endian(std::uint64_t number) {
    NumberBytes bytes{};
    for (std::byte& byte : bytes) {
        byte = static_cast<std::byte>(number & 0xff);
        number >>= 8;
    }
    return bytes;
}

/// 64 bytes are one cache line, and enough that a wrong position passes by chance once in 2^512.
constexpr std::size_t kSampleBytes = 64;

}  // namespace

Payload::Payload(std::uint64_t key) : block_(kBlockBytes) {
    static_assert(kBlockBytes % sizeof(std::uint64_t) == 0);
    Xoshiro256 random(key);
    for (std::size_t at = 0; at < kBlockBytes; at += sizeof(std::uint64_t)) {
        const std::uint64_t word = random.next();
        std::memcpy(&block_[at], &word, sizeof(word));
    }
}

std::span<const std::byte> Payload::from(std::uint64_t position) {
    const NumberBytes number = little_endian(position / kBlockBytes);
    std::copy(number.begin(), number.end(), block_.begin());
    return std::span<const std::byte>(block_).subspan(position % kBlockBytes);
}

bool Payload::matches(std::uint64_t position, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
        const std::size_t offset = position % kBlockBytes;
        std::size_t length = 0;
        const std::byte* expected = nullptr;
        const NumberBytes number = little_endian(position / kBlockBytes);
        if (offset < kNumberBytes) {
            length = std::min(bytes.size(), kNumberBytes - offset);
            expected = &number[offset];
        } else {
            length = std::min(bytes.size(), kBlockBytes - offset);
            expected = &block_[offset];
        }
        if (std::memcmp(bytes.data(), expected, length) != 0)
            return false;
        bytes = bytes.subspan(length);
        position += length;
    }
    return true;
}

void PayloadSampler::compare(std::uint64_t position, std::span<const std::byte> bytes) {
    checked_bytes_ += bytes.size();
    if (!payload_.matches(position, bytes))
        ++wrong_samples_;
}

void PayloadSampler::look_at(std::uint64_t position, std::span<const std::byte> piece) {
    const std::size_t sample = std::min(piece.size(), kSampleBytes);
    compare(position, piece.first(sample));
    compare(position + piece.size() - sample, piece.last(sample));
    const std::uint64_t next_block =
        (position + Payload::kBlockBytes - 1) / Payload::kBlockBytes * Payload::kBlockBytes;
    const std::uint64_t end = position + piece.size();
    if (next_block < end)
        compare(next_block,
                piece.subspan(next_block - position,
                              std::min<std::uint64_t>(Payload::kNumberBytes, end - next_block)));
}

}  // namespace assay::network
