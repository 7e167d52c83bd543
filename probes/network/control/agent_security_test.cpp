#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "probes/network/control/agent.h"
#include "probes/network/control/peer.h"
#include "probes/network/control/ticket.h"
#include "tests/support/echo_role.h"
#include "tests/support/raw_prober.h"
#include "tests/support/running_agent.h"

/// What the agent does against strangers and against probers that misbehave: each is refused within
/// its deadline, the agent stays up, and a legitimate test starts within a second.
namespace assay::network::control {
namespace {

using test::bare_connection;
using test::ending_of;
using test::RawProber;
using test::RunningAgent;
using test::within;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long a whole legitimate test takes from nothing to its start. Errors: where it does not.
Expected<std::chrono::nanoseconds> time_to_start(const PeerAddress& address) {
    const auto begin = Clock::now();
    ASSAY_TRY(const auto peer, connect_to_peer(test::this_host(), address, within()));
    ASSAY_TRY(const auto test, peer->begin("test.echo", test::EchoWishes{}.encode(), within()));
    ASSAY_TRY(const Socket stream, test->door().tcp_stream(0, within()));
    ASSAY_TRY(const Socket flow, test->door().udp_flow(0, within()));
    ASSAY_TRY_VOID(test->prepared(within()));
    ASSAY_TRY_VOID(test->start(within()));
    const std::chrono::nanoseconds took = Clock::now() - begin;
    if (test::echoed(stream, "real") != "real")
        return failure(ErrorKind::io, "it does not echo");
    ASSAY_TRY_VOID(test->finish(within()));
    return took;
}

void expect_a_real_test_starts(const RunningAgent& agent) {
    const auto took = time_to_start(agent.address());
    ASSERT_TRUE(took) << took.error().message;
    EXPECT_LT(*took, std::chrono::seconds(1));
}

TEST(AgentSecurity, a_wrong_key_is_refused_at_once_and_told_to_both_sides) {
    RunningAgent agent;
    PeerAddress wrong = agent.address();
    wrong.credentials.key = *make_key();
    const auto begin = Clock::now();
    const auto peer = connect_to_peer(test::this_host(), wrong, within());
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(1));
    ASSERT_FALSE(peer);
    EXPECT_EQ(peer.error().kind, ErrorKind::permission) << peer.error().message;
    EXPECT_NE(peer.error().message.find("same key file"), std::string::npos);
    EXPECT_TRUE(agent.has_told("refused 127.0.0.1")) << agent.told();
    expect_a_real_test_starts(agent);
}

TEST(AgentSecurity, garbage_before_tls_is_closed_without_an_answer) {
    RunningAgent agent;
    const std::string garbage = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const auto socket = bare_connection(agent.endpoint());
    ASSERT_TRUE(socket);
    ASSERT_TRUE(send_some(*socket, std::as_bytes(std::span(garbage))));
    const auto ending = ending_of(*socket, milliseconds(1000));
    EXPECT_TRUE(ending.closed);
    EXPECT_EQ(ending.bytes, 0u);
    expect_a_real_test_starts(agent);
}

TEST(AgentSecurity, garbage_inside_a_tls_record_is_refused_with_an_alert_at_most) {
    RunningAgent agent;
    std::array<std::byte, 300> record{std::byte{0x16}, std::byte{3}, std::byte{1}, std::byte{1},
                                      std::byte{0x20}};
    const auto socket = bare_connection(agent.endpoint());
    ASSERT_TRUE(socket);
    ASSERT_TRUE(send_some(*socket, record));
    const auto ending = ending_of(*socket, milliseconds(1000));
    EXPECT_TRUE(ending.closed);
    EXPECT_LE(ending.bytes, 7u);
    expect_a_real_test_starts(agent);
}

TEST(AgentSecurity, a_handshake_that_does_not_go_on_is_closed_after_3_s) {
    RunningAgent agent;
    const std::array<std::byte, 3> beginning{std::byte{0x16}, std::byte{3}, std::byte{1}};
    const auto socket = bare_connection(agent.endpoint());
    ASSERT_TRUE(socket);
    ASSERT_TRUE(send_some(*socket, beginning));
    expect_a_real_test_starts(agent);
    const auto begin = Clock::now();
    EXPECT_TRUE(ending_of(*socket, milliseconds(3500)).closed);
    EXPECT_GT(Clock::now() - begin, milliseconds(2000));
}

TEST(AgentSecurity, a_thousand_idle_connections_delay_nobody) {
    RunningAgent agent;
    std::vector<Socket> idle;
    for (int number = 0; number < 1000; ++number) {
        // Not waited for: an attacker would not either.
        Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        ASSERT_TRUE(socket.is_open()) << "raise the limit of open files";
        const bool begun = ::connect(socket.descriptor(), agent.endpoint().address(),
                                     agent.endpoint().size()) == 0 ||
                           errno == EINPROGRESS;
        ASSERT_TRUE(begun);
        idle.push_back(std::move(socket));
        if (number % 250 == 249)
            expect_a_real_test_starts(agent);
    }
    expect_a_real_test_starts(agent);
}

TEST(AgentSecurity, a_thousand_idle_connections_during_a_test_do_not_keep_its_streams_out) {
    RunningAgent agent;
    const auto peer = connect_to_peer(test::this_host(), agent.address(), within());
    ASSERT_TRUE(peer);
    const auto test =
        (*peer)->begin("test.echo", test::EchoWishes{.udp = false}.encode(), within());
    ASSERT_TRUE(test);
    std::vector<Socket> idle;
    for (int number = 0; number < 1000; ++number) {
        Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        static_cast<void>(
            ::connect(socket.descriptor(), agent.endpoint().address(), agent.endpoint().size()));
        idle.push_back(std::move(socket));
    }
    const auto begin = Clock::now();
    const auto stream = (*test)->door().tcp_stream(0, within());
    ASSERT_TRUE(stream) << stream.error().message;
    ASSERT_TRUE((*test)->prepared(within()));
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(1));
}

/// An authenticated prober sends these bytes inside TLS. What they are answered with is closing.
void expect_closed_after(const std::vector<std::byte>& bytes, RunningAgent& agent) {
    auto prober = RawProber::connect(agent.address());
    ASSERT_TRUE(prober) << prober.error().message;
    ASSERT_TRUE(prober->greet());
    ASSERT_TRUE(prober->line().send_raw(bytes));
    const auto begin = Clock::now();
    const auto frame = prober->hear();
    EXPECT_TRUE(!frame || !frame->has_value());
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(1));
}

TEST(AgentSecurity, an_oversized_a_tiny_and_a_malformed_frame_end_the_session) {
    RunningAgent agent;
    const auto head = [](std::uint32_t length) {
        std::vector<std::byte> bytes(4);
        std::memcpy(bytes.data(), &length, sizeof(length));
        return bytes;
    };
    expect_closed_after(head(Frame::kMostBytes + 1), agent);
    EXPECT_TRUE(agent.has_told("outside what one may have")) << agent.told();
    expect_closed_after(head(4), agent);
    auto malformed = head(9);
    malformed.resize(4 + 9, std::byte{0xff});
    malformed[4] = std::byte{5};
    expect_closed_after(malformed, agent);
    EXPECT_TRUE(agent.has_told("malformed")) << agent.told();
    expect_a_real_test_starts(agent);
}

TEST(AgentSecurity, a_frame_that_never_ends_holds_nobody_up) {
    RunningAgent agent;
    auto prober = RawProber::connect(agent.address());
    ASSERT_TRUE(prober);
    ASSERT_TRUE(prober->greet());
    const std::array<std::byte, 6> cut{std::byte{200}, {}, {}, {}, std::byte{6}, {}};
    ASSERT_TRUE(prober->line().send_raw(cut));
    expect_a_real_test_starts(agent);
}

TEST(AgentSecurity, an_unknown_message_is_answered_as_unsupported_and_the_session_goes_on) {
    RunningAgent agent;
    auto prober = RawProber::connect(agent.address());
    ASSERT_TRUE(prober);
    ASSERT_TRUE(prober->greet());
    ASSERT_TRUE(prober->say({.type = 99, .test = 7, .fields = {}}));
    const auto answer = prober->hear();
    ASSERT_TRUE(answer && answer->has_value());
    EXPECT_TRUE((*answer)->is(FrameType::unsupported));
    EXPECT_EQ(*(*answer)->fields.count("type", 255), 99u);
    EXPECT_TRUE(prober->begin_echo(1, false, false));
}

TEST(AgentSecurity, a_tests_number_is_never_used_again_nor_its_keys) {
    RunningAgent agent;
    auto prober = RawProber::connect(agent.address());
    ASSERT_TRUE(prober);
    ASSERT_TRUE(prober->greet());
    EXPECT_FALSE(prober->begin_echo(0, false, false)) << "0 is the number of no test";
    ASSERT_TRUE(prober->begin_echo(2, false, false));
    ASSERT_TRUE(prober->say(Frame::of(FrameType::abort, 2)));
    EXPECT_TRUE(agent.has_told("test.echo: over")) << agent.told();
    EXPECT_FALSE(prober->begin_echo(2, false, false));
    EXPECT_FALSE(prober->begin_echo(1, false, false));
}

TEST(AgentSecurity, a_first_message_that_is_no_hello_ends_the_session) {
    RunningAgent agent;
    auto prober = RawProber::connect(agent.address());
    ASSERT_TRUE(prober);
    ASSERT_TRUE(prober->say(Frame::of(FrameType::begin, 1)));
    const auto answer = prober->hear();
    EXPECT_TRUE(!answer || !answer->has_value());
    EXPECT_TRUE(agent.has_told("no hello")) << agent.told();
}

TEST(AgentSecurity, a_data_token_opens_one_stream_once) {
    RunningAgent agent;
    auto prober = RawProber::connect(agent.address());
    ASSERT_TRUE(prober);
    ASSERT_TRUE(prober->greet());
    const auto key = prober->begin_echo(1, true, false);
    ASSERT_TRUE(key);
    const auto ticket = StreamTicket::of(*key, 0).encode();
    const auto show = [&](const std::array<std::byte, StreamTicket::kBytes>& bytes) {
        auto socket = bare_connection(agent.endpoint());
        EXPECT_TRUE(socket && send_some(*socket, bytes));
        return std::move(*socket);
    };
    const auto expect_closed = [&](const std::array<std::byte, StreamTicket::kBytes>& bytes) {
        const auto ending = ending_of(show(bytes), milliseconds(1000));
        EXPECT_TRUE(ending.closed);
        EXPECT_EQ(ending.bytes, 0u) << "without an answer";
    };
    expect_closed(StreamTicket::of(*make_key(), 0).encode());
    const Socket taken = show(ticket);
    EXPECT_EQ(ending_of(taken, milliseconds(300)).bytes, kProofBytes) << "the receipt";
    expect_closed(ticket);
    expect_closed(StreamTicket::of(*key, 5000).encode());
    // Of a test that is over, too.
    ASSERT_TRUE(prober->say(Frame::of(FrameType::abort, 1)));
    EXPECT_TRUE(agent.has_told("test.echo: over")) << agent.told();
    expect_closed(StreamTicket::of(*key, 1).encode());
    expect_a_real_test_starts(agent);
}

/// A UDP socket of this address, connected to nobody.
Socket datagram_socket(const char* address) {
    Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto local = Endpoint::of_address(address, 0);
    EXPECT_EQ(bind(socket.descriptor(), local->address(), local->size()), 0);
    return socket;
}

void send_to_agent(const Socket& socket, const Endpoint& agent, std::span<const std::byte> bytes) {
    EXPECT_EQ(
        sendto(socket.descriptor(), bytes.data(), bytes.size(), 0, agent.address(), agent.size()),
        static_cast<ssize_t>(bytes.size()));
}

/// The next datagram that has come, or nothing.
std::vector<std::byte> received_on(const Socket& socket) {
    std::vector<std::byte> buffer(2048);
    const ssize_t got = recv(socket.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    buffer.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return buffer;
}

/// The agent takes datagrams in the order in which they came. So what is asserted of those that it
/// must not answer is looked at when it has answered a later one: a busy host cannot hide an
/// answer.
TEST(AgentSecurity, udp_sends_less_than_it_got_until_the_path_is_proven) {
    RunningAgent agent;
    auto prober = RawProber::connect(agent.address());
    ASSERT_TRUE(prober);
    ASSERT_TRUE(prober->greet());
    const auto key = prober->begin_echo(1, false, true);
    ASSERT_TRUE(key);
    const Socket ours = datagram_socket("127.0.0.1"), stranger = datagram_socket("127.0.0.2"),
                 other_port = datagram_socket("127.0.0.1");
    const auto waited_for = [&](const Socket& socket) {
        std::vector<std::byte> bytes;
        for (const auto end = Clock::now() + std::chrono::seconds(3);
             bytes.empty() && Clock::now() < end;) {
            EXPECT_TRUE(prober->say(Frame::of(FrameType::alive)));
            std::this_thread::sleep_for(milliseconds(5));
            bytes = received_on(socket);
        }
        return bytes;
    };
    const PathDatagram init{.type = PathDatagram::Type::init, .index = 0, .nonce = 4711};
    const auto genuine = init.signed_with(*key).encode();

    // A genuine INIT that was seen on the way and sent again from elsewhere; a forged one; one that
    // is cut short; garbage.
    send_to_agent(stranger, agent.endpoint(), genuine);
    send_to_agent(other_port, agent.endpoint(), init.signed_with(*make_key()).encode());
    send_to_agent(other_port, agent.endpoint(), std::span(genuine).first(600));
    send_to_agent(other_port, agent.endpoint(), std::vector<std::byte>(1200, std::byte{0xaa}));
    send_to_agent(ours, agent.endpoint(), genuine);
    const auto answer = waited_for(ours);
    EXPECT_LE(answer.size(), genuine.size());
    EXPECT_TRUE(received_on(stranger).empty());
    EXPECT_TRUE(received_on(other_port).empty());
    const auto challenge = PathDatagram::decode(answer);
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->type, PathDatagram::Type::challenge);
    EXPECT_TRUE(challenge->is_genuine(*key));

    // A made-up cookie, and the right one from another port, open nothing: the INIT after them is
    // answered, and there is no word of an open flow yet.
    PathDatagram response{.type = PathDatagram::Type::response, .index = 0, .nonce = 4711};
    send_to_agent(ours, agent.endpoint(), response.signed_with(*key).encode());
    response.cookie = challenge->cookie;
    const auto brought_back = response.signed_with(*key).encode();
    send_to_agent(other_port, agent.endpoint(), brought_back);
    send_to_agent(stranger, agent.endpoint(), brought_back);
    send_to_agent(ours, agent.endpoint(), genuine);
    EXPECT_EQ(waited_for(ours).size(), PathDatagram::kBytes);
    ASSERT_TRUE(prober->line().work());
    for (auto frame = prober->line().take(); frame; frame = prober->line().take())
        EXPECT_TRUE(frame->is(FrameType::alive)) << int{frame->type};
    EXPECT_TRUE(received_on(stranger).empty());
    EXPECT_TRUE(received_on(other_port).empty());

    send_to_agent(ours, agent.endpoint(), brought_back);
    const auto open = prober->hear();
    ASSERT_TRUE(open && open->has_value());
    EXPECT_TRUE((*open)->is(FrameType::flow_open)) << "and only now";
}

TEST(AgentSecurity, a_network_that_is_not_allowed_is_closed_before_anything_is_read) {
    AgentSettings settings;
    settings.allowed = {*Network::parse("192.0.2.0/24")};
    RunningAgent agent(settings);
    const auto begin = Clock::now();
    const auto peer = connect_to_peer(test::this_host(), agent.address(), within());
    ASSERT_FALSE(peer);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(1));
    EXPECT_NE(peer.error().message.find("--allow"), std::string::npos) << peer.error().message;
    EXPECT_TRUE(agent.has_told("not in the allowed networks"));
}

TEST(AgentSecurity, one_address_cannot_begin_handshakes_without_end) {
    RunningAgent agent;
    const std::array<std::byte, 3> beginning{std::byte{0x16}, std::byte{3}, std::byte{1}};
    std::vector<Socket> sockets;
    for (int number = 0; number < 30; ++number) {
        auto socket = bare_connection(agent.endpoint());
        ASSERT_TRUE(socket);
        ASSERT_TRUE(send_some(*socket, beginning));
        sockets.push_back(std::move(*socket));
        std::this_thread::sleep_for(milliseconds(5));  // so that each is heard before the next
    }
    EXPECT_TRUE(agent.has_told("too many handshakes from its address")) << agent.told();
}

}  // namespace
}  // namespace assay::network::control
