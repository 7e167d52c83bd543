#include "probes/network/wire/payload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

namespace assay::network {
namespace {

constexpr std::size_t kBlock = Payload::kBlockBytes;

std::vector<std::byte> stream(std::uint64_t key, std::uint64_t first, std::size_t length) {
    Payload payload(key);
    std::vector<std::byte> bytes;
    while (bytes.size() < length) {
        const auto piece = payload.from(first + bytes.size());
        const std::size_t take = std::min(piece.size(), length - bytes.size());
        bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(take));
    }
    return bytes;
}

TEST(Payload, blocks_begin_with_their_number_in_little_endian) {
    const std::vector<std::byte> bytes = stream(7, 258 * kBlock, 8);
    const std::array<std::byte, 8> two_hundred_and_fifty_eight{std::byte{2}, std::byte{1}};
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), two_hundred_and_fifty_eight.begin()));
}

TEST(Payload, words_after_the_number_are_xoshiro256_plusplus_seeded_by_splitmix64) {
    // splitmix64 of seed 0 gives e220a8397b1dcdaf 6e789e6aa1b965f4 06c45d188009454f
    // f88bb8a8724c81ec (the vector in its authors' file); by hand the second output of the
    // generator from that state, computed with Python integers, is 61da6f3dc380d507.
    const std::vector<std::byte> bytes = stream(0, 8, 8);
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    EXPECT_EQ(word, 0x61da6f3dc380d507u);
}

TEST(Payload, bytes_match_at_their_own_position_also_across_blocks) {
    const std::uint64_t first = 3 * kBlock - 1000;
    const std::vector<std::byte> bytes = stream(42, first, 2 * kBlock);
    EXPECT_TRUE(Payload(42).matches(first, bytes));
}

TEST(Payload, bytes_do_not_match_under_another_key) {
    EXPECT_FALSE(Payload(43).matches(100, stream(42, 100, 64)));
}

TEST(Payload, one_byte_lost_is_seen) {
    EXPECT_FALSE(Payload(42).matches(100, stream(42, 101, 64)));
}

TEST(Payload, a_whole_block_lost_is_seen_in_the_number) {
    EXPECT_FALSE(Payload(42).matches(kBlock, stream(42, 2 * kBlock, 16)));
}

TEST(Payload, one_flipped_bit_is_seen) {
    std::vector<std::byte> bytes = stream(42, 0, kBlock);
    bytes[kBlock - 1] ^= std::byte{1};
    EXPECT_FALSE(Payload(42).matches(0, bytes));
}

TEST(Payload, is_not_compressible_by_repetition) {
    const std::vector<std::byte> bytes = stream(1, 8, kBlock - 8);
    std::set<std::uint64_t> words;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, &bytes[at], sizeof(word));
        words.insert(word);
    }
    EXPECT_EQ(words.size(), kBlock / 8 - 1);
}

TEST(PayloadSampler, accepts_the_stream_in_pieces_of_any_size) {
    const std::vector<std::byte> bytes = stream(9, 0, 3 * kBlock);
    PayloadSampler sampler(9);
    std::size_t position = 0;
    for (std::size_t size = 1; position < bytes.size(); size = size * 3 + 1) {
        const std::size_t length = std::min({size, bytes.size() - position, kBlock});
        sampler.look_at(position, std::span(bytes).subspan(position, length));
        position += length;
    }
    EXPECT_EQ(sampler.wrong_samples(), 0u);
    EXPECT_GT(sampler.checked_bytes(), 1000u);
}

TEST(PayloadSampler, sees_a_shift_and_a_missing_block) {
    const std::vector<std::byte> bytes = stream(9, 0, 3 * kBlock);
    PayloadSampler shifted(9);
    shifted.look_at(0, std::span(bytes).subspan(1, kBlock));
    EXPECT_GT(shifted.wrong_samples(), 0u);
    PayloadSampler missing(9);
    missing.look_at(kBlock - 100, std::span(bytes).subspan(2 * kBlock - 100, 1000));
    EXPECT_EQ(missing.wrong_samples(), 1u) << "only the block number differs";
}

}  // namespace
}  // namespace assay::network
