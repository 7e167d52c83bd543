#include "probes/storage/pattern.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace assay::storage {
namespace {

constexpr std::size_t kBytes = 8 * kSectorBytes;

std::vector<std::byte> pattern_at(std::uint64_t offset, std::uint64_t seed) {
    std::vector<std::byte> data(kBytes);
    write_pattern(data, offset, seed);
    return data;
}

TEST(Pattern, is_recognised_where_it_was_written) {
    EXPECT_EQ(first_wrong_sector(pattern_at(4096, 9), 4096, 9), std::nullopt);
}

TEST(Pattern, begins_each_sector_with_its_offset_and_the_seed) {
    const auto data = pattern_at(1536, 77);
    std::uint64_t words[2];
    std::memcpy(words, data.data() + kSectorBytes, sizeof words);
    EXPECT_EQ(words[0], 2048u);
    EXPECT_EQ(words[1], 77u);
}

TEST(Pattern, names_the_first_sector_that_is_not_as_written) {
    auto data = pattern_at(0, 1);
    data[3 * kSectorBytes + 200] ^= std::byte{1};
    data[5 * kSectorBytes] ^= std::byte{1};
    EXPECT_EQ(first_wrong_sector(data, 0, 1), 3 * kSectorBytes);
}

TEST(Pattern, of_another_place_or_run_or_of_zeros_is_refused) {
    EXPECT_EQ(first_wrong_sector(pattern_at(0, 1), 512, 1), 512u);
    EXPECT_EQ(first_wrong_sector(pattern_at(0, 1), 0, 2), 0u);
    EXPECT_EQ(first_wrong_sector(std::vector<std::byte>(kBytes), 0, 1), 0u);
}

TEST(Pattern, read_in_other_pieces_than_written_is_the_same) {
    const auto whole = pattern_at(0, 5);
    EXPECT_EQ(first_wrong_sector(std::span(whole).subspan(2 * kSectorBytes, kSectorBytes), 1024, 5),
              std::nullopt);
}

// A device that deduplicates or compresses finds nothing: no two words of a megabyte are alike,
// but for the seed.
TEST(Pattern, holds_nothing_that_repeats) {
    std::vector<std::byte> data(2048 * kSectorBytes);
    write_pattern(data, 0, 3);
    std::vector<std::uint64_t> words(data.size() / sizeof(std::uint64_t));
    std::memcpy(words.data(), data.data(), data.size());
    const std::set<std::uint64_t> distinct(words.begin(), words.end());
    EXPECT_EQ(distinct.size(), words.size() - 2048 + 1);
}

}  // namespace
}  // namespace assay::storage
