#include "probes/network/udp/datagram.h"

#include <gtest/gtest.h>

#include <array>

namespace assay::network::udp {
namespace {

using Header = std::array<std::byte, Datagram::kHeaderBytes>;

Header written(const Stamp& stamp, const Datagram& datagram) {
    Header header{};
    stamp.write(header, datagram);
    return header;
}

TEST(Stamp, reads_back_what_it_wrote) {
    const Stamp stamp(7, 8);
    const Datagram datagram{.sequence = 0x0102030405060708u, .sent_ns = 99};
    const Header header = written(stamp, datagram);
    EXPECT_EQ(stamp.read(header), datagram);
    EXPECT_EQ(header[8], std::byte{8}) << "the sequence is little-endian";
    EXPECT_EQ(header[15], std::byte{1});
}

TEST(Stamp, a_single_changed_bit_anywhere_makes_a_datagram_foreign) {
    const Stamp stamp(7, 8);
    const Header header = written(stamp, {.sequence = 5, .sent_ns = 6});
    for (std::size_t bit = 0; bit < 8 * header.size(); ++bit) {
        Header changed = header;
        changed[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        EXPECT_FALSE(stamp.read(changed)) << "bit " << bit;
    }
}

TEST(Stamp, another_key_or_round_and_short_bytes_are_foreign) {
    const Header header = written(Stamp(7, 8), {.sequence = 5, .sent_ns = 6});
    EXPECT_FALSE(Stamp(6, 8).read(header));
    EXPECT_FALSE(Stamp(7, 9).read(header));
    EXPECT_FALSE(Stamp(7, 8).read(std::span(header).first(Datagram::kHeaderBytes - 1)));
    EXPECT_FALSE(Stamp(7, 8).read({}));
}

TEST(Stamp, the_filler_is_the_rest_of_the_payload_and_differs_between_flows) {
    EXPECT_TRUE(Stamp(1, 1).filler(kLeastPayload).empty());
    EXPECT_EQ(Stamp(1, 1).filler(1400).size(), 1400 - Datagram::kHeaderBytes);
    EXPECT_EQ(Stamp(1, 1).filler(1400), Stamp(1, 1).filler(1400));
    EXPECT_NE(Stamp(1, 1).filler(1400), Stamp(2, 1).filler(1400));
}

}  // namespace
}  // namespace assay::network::udp
