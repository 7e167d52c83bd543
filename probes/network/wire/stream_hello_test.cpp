#include "probes/network/wire/stream_hello.h"

#include <gtest/gtest.h>

namespace assay::network {
namespace {

StreamHello sample() {
    StreamHello hello;
    for (std::size_t at = 0; at < hello.token.size(); ++at)
        hello.token[at] = static_cast<std::byte>(at + 1);
    hello.index = 0x01020304;
    return hello;
}

TEST(StreamHello, has_the_documented_layout) {
    const auto bytes = sample().encode();
    EXPECT_EQ(bytes[0], std::byte{'a'});
    EXPECT_EQ(bytes[7], std::byte{'p'});
    EXPECT_EQ(bytes[8], std::byte{1});
    EXPECT_EQ(bytes[23], std::byte{16});
    EXPECT_EQ(bytes[24], std::byte{4});
    EXPECT_EQ(bytes[27], std::byte{1});
    EXPECT_EQ(bytes[28], std::byte{0});
}

TEST(StreamHello, reads_back_what_it_wrote) {
    EXPECT_EQ(StreamHello::decode(sample().encode()), sample());
}

TEST(StreamHello, refuses_foreign_bytes_and_a_used_reserve) {
    auto bytes = sample().encode();
    bytes[3] ^= std::byte{1};
    EXPECT_EQ(StreamHello::decode(bytes), std::nullopt);
    bytes = sample().encode();
    bytes[31] = std::byte{1};
    EXPECT_EQ(StreamHello::decode(bytes), std::nullopt);
}

TEST(StreamHello, payload_key_mixes_both_halves_of_the_token_and_the_index) {
    // Bytes 1..8 xor 9..16, little-endian: 08 08 08 08 08 08 08 18; the index goes on top.
    EXPECT_EQ(payload_key(sample()), 0x1808080808080808u ^ 0x0102030400000000u);
}

}  // namespace
}  // namespace assay::network
