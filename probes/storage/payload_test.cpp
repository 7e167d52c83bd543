#include "probes/storage/payload.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

#include "probes/storage/crc32c.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t kRun = 7;
constexpr std::size_t kBlock = 4096;

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(Crc32c, matches_the_vectors_of_rfc_3720) {
    EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aau);
    EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62a8ab43u);
    std::string rising;
    for (char value = 0; value < 32; ++value)
        rising.push_back(value);
    EXPECT_EQ(crc32c(bytes_of(rising)), 0x46dd794eu);
    EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u);
}

class PayloadBlock : public testing::Test {
  protected:
    const Payload payload_{kRun};
    std::vector<std::byte> block_ = std::vector<std::byte>(kBlock);
};

TEST_F(PayloadBlock, what_was_written_is_right_at_its_place_only) {
    payload_.fill(block_, 3 * kBlock, 9);
    EXPECT_EQ(payload_.first_wrong_sector(block_, 3 * kBlock), std::nullopt);
    EXPECT_EQ(payload_.first_wrong_sector(block_, 4 * kBlock), 4 * kBlock);
    EXPECT_EQ(Payload(kRun + 1).first_wrong_sector(block_, 3 * kBlock), 3 * kBlock);
}

TEST_F(PayloadBlock, an_older_write_than_the_last_one_is_wrong) {
    payload_.fill(block_, 0, 9);
    EXPECT_EQ(payload_.first_wrong_sector(block_, 0, 9), std::nullopt);
    EXPECT_EQ(payload_.first_wrong_sector(block_, 0, 10), 0u);
}

TEST_F(PayloadBlock, rewriting_leaves_content_that_proves_itself) {
    payload_.fill(block_, 0, 1);
    for (std::uint64_t sequence = 2; sequence < 50; ++sequence) {
        Payload::rewrite(block_, sequence * kBlock, sequence,
                         sequence % 3 == 0 ? Payload::Renew::words : Payload::Renew::stamps);
        ASSERT_EQ(payload_.first_wrong_sector(block_, sequence * kBlock, sequence), std::nullopt);
        ASSERT_TRUE(payload_.first_wrong_sector(block_, sequence * kBlock, sequence + 1));
    }
}

TEST_F(PayloadBlock, every_single_flipped_bit_is_found) {
    payload_.fill(block_, 0, 1);
    Payload::seal(block_);
    for (std::size_t bit = 0; bit < kBlock * 8; bit += 3) {
        block_[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
        const auto wrong = payload_.first_wrong_sector(block_, 0, 1);
        ASSERT_TRUE(wrong) << "bit " << bit;
        ASSERT_EQ(*wrong, bit / 8 / kSectorBytes * kSectorBytes);
        block_[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
    EXPECT_EQ(payload_.first_wrong_sector(block_, 0, 1), std::nullopt);
}

TEST_F(PayloadBlock, no_two_eight_byte_words_of_many_writes_are_alike) {
    std::set<std::uint64_t> words;
    std::size_t count = 0;
    payload_.fill(block_, 0, 1);
    for (std::uint64_t write = 2; write < 66; ++write) {
        // The same places again and again.
        Payload::rewrite(block_, write % 4 * kBlock, write, Payload::Renew::words);
        for (std::size_t sector = 0; sector < kBlock; sector += kSectorBytes)
            for (std::size_t at = 48; at < kSectorBytes; at += 8, ++count) {
                std::uint64_t word = 0;
                std::memcpy(&word, block_.data() + sector + at, sizeof word);
                words.insert(word);
            }
    }
    EXPECT_EQ(words.size(), count);
}

TEST_F(PayloadBlock, bytes_are_spread_evenly) {
    // Chi-square of 1 MiB of bytes over 256 values: 255 degrees of freedom, 1 in 10^6 above 372.
    std::array<double, 256> counts{};
    std::vector<std::byte> data(1 << 20);
    payload_.fill(data, 0, 5);
    double total = 0;
    for (std::size_t sector = 0; sector < data.size(); sector += kSectorBytes)
        for (std::size_t at = 48; at < kSectorBytes; ++at, ++total)
            ++counts[std::to_integer<std::size_t>(data[sector + at])];
    double chi_square = 0;
    for (const double count : counts)
        chi_square += (count - total / 256) * (count - total / 256) / (total / 256);
    EXPECT_LT(chi_square, 372);
}

}  // namespace
}  // namespace assay::storage
