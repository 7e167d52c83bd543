#include "probes/network/rtt/echo_message.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <vector>

#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/handshake_paths.h"
#include "probes/network/rtt/icmp_path.h"

namespace assay::network::rtt {
namespace {

using Direction = EchoMessage::Direction;

std::vector<std::byte> request_of(std::uint64_t key, std::size_t size, std::uint32_t answer) {
    std::vector<std::byte> bytes(size);
    EchoMessage{.sequence = 7, .answer_bytes = answer}.encode(bytes, key, Direction::request);
    return bytes;
}

TEST(EchoMessage, comes_back_as_it_was) {
    const auto bytes = request_of(42, 64, 64);
    const auto message = EchoMessage::decode(bytes, 42, Direction::request);
    ASSERT_TRUE(message);
    EXPECT_EQ(*message, (EchoMessage{.sequence = 7, .answer_bytes = 64}));
}

TEST(EchoMessage, of_another_key_direction_or_length_is_none) {
    const auto bytes = request_of(42, 64, 64);
    EXPECT_FALSE(EchoMessage::decode(bytes, 43, Direction::request));
    EXPECT_FALSE(EchoMessage::decode(bytes, 42, Direction::answer));
    EXPECT_FALSE(EchoMessage::decode(std::span(bytes).first(23), 42, Direction::request));
    // It wants more back than it brought.
    EXPECT_FALSE(EchoMessage::decode(std::span(bytes).first(63), 42, Direction::request));
    EXPECT_FALSE(EchoMessage::decode(request_of(42, 64, 65), 42, Direction::request));
    EXPECT_FALSE(EchoMessage::decode(request_of(42, 64, 23), 42, Direction::request));
}

TEST(EchoMessage, any_changed_bit_of_the_head_is_seen) {
    for (std::size_t bit = 0; bit < EchoMessage::kBytes * 8; ++bit) {
        auto bytes = request_of(42, 64, 40);
        bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        EXPECT_FALSE(EchoMessage::decode(bytes, 42, Direction::request)) << bit;
    }
}

TEST(EchoWishes, go_through_the_wire_and_back) {
    const EchoWishes wishes{.over = EchoWishes::Over::connect,
                            .payload_bytes = 100,
                            .streams_up = 2,
                            .streams_down = 3,
                            .longest = std::chrono::seconds(7),
                            .congestion = "reno"};
    const auto read = EchoWishes::of(wishes.fields());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->over, EchoWishes::Over::connect);
    EXPECT_EQ(read->payload_bytes, 100u);
    EXPECT_EQ(read->streams_up, 2u);
    EXPECT_EQ(read->streams_down, 3u);
    EXPECT_EQ(read->longest, std::chrono::seconds(7));
    EXPECT_EQ(read->congestion, "reno");
}

TEST(EchoWishes, beyond_a_limit_are_refused) {
    const auto refused = [](std::string_view name, FieldValue value) {
        Fields fields = EchoWishes{}.fields();
        fields.set(name, std::move(value));
        return !EchoWishes::of(fields).has_value();
    };
    EXPECT_TRUE(refused("over", std::string("smoke signals")));
    EXPECT_TRUE(refused("over", std::string(17, 'a')));
    EXPECT_TRUE(refused("payload_bytes", std::uint64_t{23}));
    EXPECT_TRUE(refused("payload_bytes", std::uint64_t{65508}));
    EXPECT_TRUE(refused("streams_up", std::uint64_t{17}));
    EXPECT_TRUE(refused("streams_down", std::uint64_t{17}));
    EXPECT_TRUE(refused("longest_ns", std::uint64_t{120'000'000'001}));
    EXPECT_TRUE(refused("streams_up", -1.0));
    EXPECT_TRUE(refused("congestion", std::string(17, 'a')));
    EXPECT_FALSE(refused("unknown", std::uint64_t{1}));
    EXPECT_FALSE(EchoWishes::of({}));
}

// The example of RFC 1071, section 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2, so the checksum is
// 220d.
TEST(InternetChecksum, is_that_of_the_rfc) {
    const std::array<unsigned char, 8> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    const std::uint16_t sum = internet_checksum(std::as_bytes(std::span(bytes)));
    EXPECT_EQ(sum & 0xff, 0x22);
    EXPECT_EQ(sum >> 8, 0x0d);
}

TEST(IcmpReply, needs_a_whole_header_of_the_right_type) {
    const std::array<unsigned char, 10> v4{0, 0, 1, 2, 3, 4, 5, 6, 77, 78};
    EXPECT_EQ(echo_data(std::as_bytes(std::span(v4)), AF_INET, IcmpSocket::ping).size(), 2u);
    std::array<unsigned char, 10> request = v4;
    request[0] = 8;
    EXPECT_TRUE(echo_data(std::as_bytes(std::span(request)), AF_INET, IcmpSocket::ping).empty());
    EXPECT_TRUE(
        echo_data(std::as_bytes(std::span(v4)).first(7), AF_INET, IcmpSocket::ping).empty());
    std::array<unsigned char, 30> raw{0x45};
    raw[28] = 9;
    EXPECT_EQ(echo_data(std::as_bytes(std::span(raw)), AF_INET, IcmpSocket::raw).size(), 2u);
    raw[0] = 0x4f;  // a header of 60 bytes in a packet of 30
    EXPECT_TRUE(echo_data(std::as_bytes(std::span(raw)), AF_INET, IcmpSocket::raw).empty());
    raw[0] = 0x41;
    EXPECT_TRUE(echo_data(std::as_bytes(std::span(raw)), AF_INET, IcmpSocket::raw).empty());
    const std::array<unsigned char, 9> v6{129, 0, 0, 0, 0, 0, 0, 0, 5};
    EXPECT_EQ(echo_data(std::as_bytes(std::span(v6)), AF_INET6, IcmpSocket::raw).size(), 1u);
}

TEST(SynAnswer, is_a_syn_ack_or_a_reset_of_the_listener) {
    // Port 80 to 4660, number 1, acknowledges 0x01020304, header of 20 bytes, SYN and ACK.
    std::array<unsigned char, 20> tcp{0, 80, 0x12, 0x34, 0, 0, 0, 1, 1, 2, 3, 4, 0x50, 0x12};
    const auto answer = syn_answer(std::as_bytes(std::span(tcp)), AF_INET6, 80);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->to_port, 0x1234);
    EXPECT_EQ(answer->acknowledged, 0x01020304u);
    EXPECT_FALSE(answer->refused);
    EXPECT_FALSE(syn_answer(std::as_bytes(std::span(tcp)), AF_INET6, 81));
    EXPECT_FALSE(syn_answer(std::as_bytes(std::span(tcp)).first(19), AF_INET6, 80));
    EXPECT_FALSE(syn_answer({}, AF_INET, 80));
    tcp[13] = 0x14;  // RST, ACK
    EXPECT_TRUE(syn_answer(std::as_bytes(std::span(tcp)), AF_INET6, 80)->refused);
    tcp[13] = 0x02;  // a SYN alone is no answer
    EXPECT_FALSE(syn_answer(std::as_bytes(std::span(tcp)), AF_INET6, 80));
    tcp[13] = 0x10;
    EXPECT_FALSE(syn_answer(std::as_bytes(std::span(tcp)), AF_INET6, 80));
}

}  // namespace
}  // namespace assay::network::rtt
