#include "probes/network/udp/siphash.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace assay::network::udp {
namespace {

/// Key 00 01 ... 0f, as in the paper's appendix and in the authors' vectors.
constexpr SipKey kKey{.low = 0x0706050403020100u, .high = 0x0f0e0d0c0b0a0908u};

std::vector<std::byte> counting(std::size_t bytes) {
    std::vector<std::byte> message(bytes);
    for (std::size_t at = 0; at < bytes; ++at)
        message[at] = static_cast<std::byte>(at);
    return message;
}

TEST(SipHash, gives_the_published_values) {
    // The paper's worked example is the one of 15 bytes; the others are lines of the authors'
    // vectors_sip64 (read there as little-endian bytes).
    EXPECT_EQ(siphash(kKey, counting(15)), 0xa129ca6149be45e5u);
    EXPECT_EQ(siphash(kKey, counting(0)), 0x726fdb47dd0e0e31u);
    EXPECT_EQ(siphash(kKey, counting(1)), 0x74f839c593dc67fdu);
    EXPECT_EQ(siphash(kKey, counting(7)), 0xab0200f58b01d137u);
    EXPECT_EQ(siphash(kKey, counting(8)), 0x93f5f5799a932462u);
    EXPECT_EQ(siphash(kKey, counting(63)), 0x958a324ceb064572u);
}

TEST(SipHash, of_three_words_is_that_of_their_bytes) {
    const std::array<std::uint64_t, 3> words{0x0706050403020100u, 0x0f0e0d0c0b0a0908u,
                                             0x1716151413121110u};
    EXPECT_EQ(siphash(kKey, words[0], words[1], words[2]), siphash(kKey, counting(24)));
    EXPECT_NE(siphash(kKey, words[0], words[1], words[2] ^ 1), siphash(kKey, counting(24)));
}

}  // namespace
}  // namespace assay::network::udp
