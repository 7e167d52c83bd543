#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "probes/network/control/address.h"
#include "probes/network/control/credentials.h"
#include "probes/network/control/frame.h"
#include "probes/network/control/hello.h"
#include "probes/network/control/libssl.h"
#include "probes/network/control/listeners.h"
#include "probes/network/control/reach.h"
#include "probes/network/control/ticket.h"
#include "tests/support/file_tree.h"

/// The pieces of the protocol, each against bytes or values that were worked out by hand.
namespace assay::network::control {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values)
        bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

TEST(Hmac, is_that_of_rfc_4231_case_2) {
    const std::string key = "Jefe", message = "what do ya want for nothing?";
    const auto digest =
        hmac_sha256(std::as_bytes(std::span(key)), std::as_bytes(std::span(message)));
    EXPECT_EQ(std::vector(digest.begin(), digest.begin() + 4), bytes_of({0x5b, 0xdc, 0xc1, 0x46}));
    EXPECT_EQ(std::vector(digest.end() - 4, digest.end()), bytes_of({0x64, 0xec, 0x38, 0x43}));
}

TEST(Frame, has_the_documented_layout) {
    const auto encoded = Frame{.type = 5, .test = 0x01020304, .fields = {}}.encode();
    ASSERT_TRUE(encoded);
    EXPECT_EQ(*encoded, bytes_of({7, 0, 0, 0, 5, 4, 3, 2, 1, 0, 0}));
}

TEST(FrameReader, gives_frames_in_order_however_they_are_cut) {
    Fields fields;
    fields.set("message", std::string("x"));
    std::vector<std::byte> stream;
    for (std::uint32_t test = 1; test <= 3; ++test) {
        const auto encoded = Frame::of(FrameType::failed, test, fields).encode();
        stream.insert(stream.end(), encoded->begin(), encoded->end());
    }
    FrameReader reader;
    std::uint32_t seen = 0;
    for (const std::byte byte : stream) {
        reader.add(std::span(&byte, 1));
        const auto frame = reader.next();
        ASSERT_TRUE(frame);
        if (*frame) {
            EXPECT_EQ(**frame, Frame::of(FrameType::failed, ++seen, fields));
        }
    }
    EXPECT_EQ(seen, 3u);
}

TEST(FrameReader, refuses_lengths_outside_its_limits_before_the_content_comes) {
    for (const auto& length : {bytes_of({1, 0, 0x10, 0}), bytes_of({4, 0, 0, 0})}) {
        FrameReader reader;
        reader.add(length);
        EXPECT_FALSE(reader.next());
    }
    FrameReader reader;
    reader.add(bytes_of({0, 0, 0x10, 0}));  // exactly 1 MiB may come
    EXPECT_TRUE(reader.next());
}

TEST(Frame, a_message_from_outside_is_made_printable_and_a_strange_kind_is_io) {
    Fields fields;
    fields.set("kind", std::string("internal"));
    fields.set("message", std::string("a\x1b[31mb\n"));
    const Error error = error_of(fields);
    EXPECT_EQ(error.kind, ErrorKind::io);
    EXPECT_EQ(error.message, "a?[31mb?");
    const Error again = error_of(fields_of({ErrorKind::timed_out, "late", 0}));
    EXPECT_EQ(again.kind, ErrorKind::timed_out);
    EXPECT_EQ(again.message, "late");
}

TEST(Versions, the_highest_minor_that_both_speak_is_taken) {
    EXPECT_EQ(*negotiate({1, 0, 3}, {1, 0, 2}, "x"), 2u);
    EXPECT_EQ(*negotiate({1, 2, 3}, {1, 0, 2}, "x"), 2u);
    EXPECT_FALSE(negotiate({1, 3, 4}, {1, 0, 2}, "x"));
    EXPECT_FALSE(negotiate({2, 0, 4}, {1, 0, 4}, "x"));
    EXPECT_NE(negotiate({1, 3, 4}, {1, 0, 2}, "the agent")
                  .error()
                  .message.find("the agent speaks versions 1.0 to 1.2"),
              std::string::npos);
    EXPECT_NE(negotiate({1, 3, 4}, {1, 0, 2}, "x").error().message.find("newer assay there"),
              std::string::npos);
    EXPECT_NE(negotiate({1, 0, 2}, {1, 3, 4}, "x").error().message.find("newer assay here"),
              std::string::npos);
}

TEST(StreamTicket, proves_one_index_of_one_test) {
    const SharedKey key{std::byte{1}}, other{std::byte{2}};
    const auto bytes = StreamTicket::of(key, 3).encode();
    EXPECT_EQ(bytes[0], StreamTicket::kFirstByte);
    EXPECT_NE(bytes[0], std::byte{0x16}) << "no TLS record begins like it";
    auto ticket = StreamTicket::decode(bytes);
    ASSERT_TRUE(ticket);
    EXPECT_TRUE(ticket->is_genuine(key));
    EXPECT_FALSE(ticket->is_genuine(other));
    ticket->index = 4;
    EXPECT_FALSE(ticket->is_genuine(key));
    auto reserve_used = bytes;
    reserve_used[9] = std::byte{1};
    EXPECT_FALSE(StreamTicket::decode(reserve_used));
}

TEST(PathDatagram, only_init_and_response_are_padded_and_must_be) {
    const SharedKey key{std::byte{1}};
    for (const auto type : {PathDatagram::Type::init, PathDatagram::Type::challenge,
                            PathDatagram::Type::response, PathDatagram::Type::life}) {
        const auto made = PathDatagram{.type = type, .index = 9, .nonce = 10}.signed_with(key);
        const auto bytes = made.encode();
        const bool padded =
            type == PathDatagram::Type::init || type == PathDatagram::Type::response;
        EXPECT_EQ(bytes.size(), padded ? 1200u : 52u);
        const auto back = PathDatagram::decode(bytes);
        ASSERT_TRUE(back);
        EXPECT_TRUE(back->is_genuine(key));
        EXPECT_EQ(back->nonce, 10u);
        EXPECT_FALSE(PathDatagram::decode(std::span(bytes).first(bytes.size() - 1)));
    }
}

TEST(PathDatagram, a_proof_holds_for_its_type_index_nonce_and_cookie_only) {
    const SharedKey key{std::byte{1}};
    const auto made = PathDatagram{.index = 1, .nonce = 2}.signed_with(key);
    auto changed = made;
    changed.type = PathDatagram::Type::response;
    EXPECT_FALSE(changed.is_genuine(key));
    changed = made;
    changed.index = 7;
    EXPECT_FALSE(changed.is_genuine(key));
    changed = made;
    changed.nonce = 7;
    EXPECT_FALSE(changed.is_genuine(key));
    changed = made;
    changed.cookie[0] = std::byte{7};
    EXPECT_FALSE(changed.is_genuine(key));
}

Address address_of(const char* text) {
    return Address::of(*Endpoint::of_address(text, 1));
}

TEST(Network, contains_what_its_prefix_says) {
    const auto v4 = Network::parse("192.0.2.0/25");
    ASSERT_TRUE(v4);
    EXPECT_TRUE(v4->contains(address_of("192.0.2.127")));
    EXPECT_FALSE(v4->contains(address_of("192.0.2.128")));
    EXPECT_TRUE(v4->contains(address_of("::ffff:192.0.2.1"))) << "the same host, mapped";
    const auto v6 = Network::parse("2001:db8::/33");
    ASSERT_TRUE(v6);
    EXPECT_TRUE(v6->contains(address_of("2001:db8:7fff::1")));
    EXPECT_FALSE(v6->contains(address_of("2001:db8:8000::1")));
    EXPECT_TRUE(Network::parse("0.0.0.0/0")->contains(address_of("1.2.3.4")));
    EXPECT_FALSE(Network::parse("0.0.0.0/0")->contains(address_of("2001:db8::1")));
    EXPECT_FALSE(Network::parse("192.0.2.7")->contains(address_of("192.0.2.8")));
    for (const char* wrong : {"", "a", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x", "::/129"})
        EXPECT_FALSE(Network::parse(wrong)) << wrong;
}

TEST(HandshakeBudget, refills_with_time_and_forgets_the_oldest) {
    HandshakeBudget budget;
    const SteadyTime now = std::chrono::steady_clock::now();
    const Address address = address_of("192.0.2.1");
    for (int taken = 0; taken < 20; ++taken)
        EXPECT_TRUE(budget.take(address, now));
    EXPECT_FALSE(budget.take(address, now));
    EXPECT_TRUE(budget.take(address_of("192.0.2.2"), now)) << "others are not held up";
    EXPECT_TRUE(budget.take(address, now + std::chrono::milliseconds(210)));
    EXPECT_FALSE(budget.take(address, now + std::chrono::milliseconds(210)));
    for (int number = 0; number < 3000; ++number) {
        Address many;
        std::memcpy(many.bytes.data(), &number, sizeof(number));
        budget.take(many, now);
    }
    EXPECT_LE(budget.size(), HandshakeBudget::kMostAddresses);
}

TEST(HostPort, is_read_in_each_of_its_forms) {
    const auto expect = [](const char* text, const char* host, std::uint16_t port) {
        const auto read = parse_host_port(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(read->host, host) << text;
        EXPECT_EQ(read->port, port) << text;
    };
    expect("dr-host:4841", "dr-host", 4841);
    expect("dr-host", "dr-host", kDefaultPort);
    expect("192.0.2.7:1", "192.0.2.7", 1);
    expect("[2001:db8::1]:65535", "2001:db8::1", 65535);
    expect("[2001:db8::1]", "2001:db8::1", kDefaultPort);
    expect("2001:db8::1", "2001:db8::1", kDefaultPort);
    for (const char* wrong : {"", ":", ":1", "a:", "a:0", "a:65536", "a:b", "[::1", "[::1]x", "[]"})
        EXPECT_FALSE(parse_host_port(wrong)) << wrong;
}

TEST(Listen, takes_an_address_with_a_port_or_a_port_alone) {
    const auto one = parse_listen("127.0.0.1:0");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->front().text(), "127.0.0.1:0");
    EXPECT_EQ(parse_listen("[::1]:4840")->front().text(), "[::1]:4840");
    EXPECT_GE(parse_listen(":4840")->size(), 1u);
    for (const char* wrong : {"", "127.0.0.1", "127.0.0.1:", "host:1", "127.0.0.1:65536"})
        EXPECT_FALSE(parse_listen(wrong)) << wrong;
}

TEST(KeyFile, comes_back_as_written_and_is_refused_when_others_may_read_it) {
    const test::FileTree folder;
    const std::string path = (folder.root() / "key").string();
    ASSERT_TRUE(create_key_file(path));
    const auto key = read_key_file(path);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(*parse_key(key_file_text(*key)), *key);
    EXPECT_EQ(create_key_file(path).error().kind, ErrorKind::cannot_create);
    for (const mode_t mode : {0604u, 0640u, 0602u}) {
        ASSERT_EQ(chmod(path.c_str(), mode), 0);
        EXPECT_EQ(read_key_file(path).error().kind, ErrorKind::permission);
    }
    EXPECT_EQ(read_key_file((folder.root() / "none").string()).error().kind, ErrorKind::not_found);
    for (const char* wrong : {"", "secret", "assay-key-1 ", "assay-key-1 00", "assay-key-2 00"})
        EXPECT_FALSE(parse_key(wrong)) << wrong;
    std::string text = key_file_text(*key);
    text[20] = 'g';
    EXPECT_FALSE(parse_key(text));
}

}  // namespace
}  // namespace assay::network::control
