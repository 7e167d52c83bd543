#include "probes/network/tcp/tcp_round.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "probes/network/wire/payload.h"

namespace assay::network {
namespace {

using std::chrono::milliseconds;

constexpr StreamHello::Token kToken{std::byte{1}, std::byte{2}, std::byte{3}};
constexpr StreamHello::Token kOtherToken{std::byte{9}};

Interrupt soon() {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20)};
}

class TcpRound : public testing::Test {
  protected:
    void SetUp() override {
        auto listener = listen_on(*Endpoint::of_address("127.0.0.1", 0), 16);
        if (!listener)
            GTEST_SKIP() << "this host has no IPv4 loopback";
        listener_ = std::move(*listener);
        endpoint_ = *Endpoint::of_socket(listener_.descriptor());
    }
    SenderSettings sending(std::size_t streams) const {
        return {.remote = endpoint_,
                .token = kToken,
                .streams = streams,
                .congestion_control = std::nullopt};
    }
    Socket caller() const { return std::move(*connect_to(endpoint_, std::nullopt, soon())); }

    Socket listener_;
    Endpoint endpoint_;
};

void say(const Socket& socket, const StreamHello& hello) {
    const auto bytes = hello.encode();
    ASSERT_EQ(send_some(socket, bytes)->bytes, bytes.size());
}

TEST_F(TcpRound, both_ends_count_the_same_bytes_and_the_window_is_part_of_them) {
    for (const std::size_t streams : {1u, 3u}) {
        auto sender = TcpSender::connect(sending(streams), soon());
        ASSERT_TRUE(sender) << sender.error().message;
        auto receiver =
            TcpReceiver::accept(listener_, {.token = kToken, .streams = streams}, soon());
        ASSERT_TRUE(receiver) << receiver.error().message;
        const auto outcome = measure_round(
            *sender, *receiver, {.ramp = milliseconds(50), .window = milliseconds(200)}, soon());
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->received.total_bytes, outcome->sent_bytes);
        EXPECT_GT(outcome->received.window_bytes, 0u);
        EXPECT_LT(outcome->received.window_bytes, outcome->received.total_bytes);
        EXPECT_GT(outcome->received.checked_bytes, 0u);
        EXPECT_EQ(outcome->received.wrong_samples, 0u);
        EXPECT_DOUBLE_EQ(outcome->window_s, 0.2);
        EXPECT_TRUE(outcome->retransmits);
        EXPECT_GT(outcome->segment_bytes.value_or(0), 0u);
    }
}

TEST_F(TcpRound, only_bytes_inside_the_window_count) {
    const Socket socket = caller();
    const StreamHello hello{.token = kToken};
    say(socket, hello);
    Payload payload(payload_key(hello));
    const std::size_t sent = send_some(socket, payload.from(0).first(1000))->bytes;
    ASSERT_TRUE(finish_sending(socket));
    auto receiver = TcpReceiver::accept(listener_, {.token = kToken}, soon());
    ASSERT_TRUE(receiver);
    const SteadyTime later = std::chrono::steady_clock::now() + std::chrono::hours(1);
    ASSERT_TRUE(receiver->start({.begin = later, .end = later + milliseconds(1)}, soon()));
    const auto report = receiver->finish();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->window_bytes, 0u);
    EXPECT_EQ(report->total_bytes, sent);
    EXPECT_EQ(report->wrong_samples, 0u);
}

TEST_F(TcpRound, a_sender_of_other_bytes_is_found_out) {
    const Socket socket = caller();
    say(socket, {.token = kToken});
    const std::array<std::byte, 1000> zeros{};
    ASSERT_TRUE(send_some(socket, zeros));
    ASSERT_TRUE(finish_sending(socket));
    auto receiver = TcpReceiver::accept(listener_, {.token = kToken}, soon());
    ASSERT_TRUE(receiver);
    const SteadyTime now = std::chrono::steady_clock::now();
    ASSERT_TRUE(receiver->start({.begin = now, .end = now + milliseconds(1)}, soon()));
    const auto report = receiver->finish();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->total_bytes, 1000u);
    EXPECT_GT(report->wrong_samples, 0u);
}

TEST_F(TcpRound, strangers_and_silent_callers_neither_count_nor_delay_the_session) {
    const Socket silent = caller();
    const Socket stranger = caller();
    say(stranger, {.token = kOtherToken});
    const Socket babbler = caller();
    const std::array<std::byte, 40> zeros{};
    ASSERT_TRUE(send_some(babbler, zeros));
    const Socket too_high = caller();
    say(too_high, {.token = kToken, .index = 2});
    auto sender = TcpSender::connect(sending(2), soon());
    ASSERT_TRUE(sender);
    auto receiver = TcpReceiver::accept(listener_, {.token = kToken, .streams = 2}, soon());
    ASSERT_TRUE(receiver) << receiver.error().message;
    std::array<std::byte, 8> buffer{};
    const auto answer = receive_some(stranger, buffer);
    EXPECT_TRUE(!answer || answer->end) << "a stranger is turned away without a byte";
}

TEST_F(TcpRound, missing_streams_are_an_error_at_the_deadline) {
    const Interrupt now{.stop = {}, .deadline = std::chrono::steady_clock::now()};
    const auto receiver = TcpReceiver::accept(listener_, {.token = kToken, .streams = 2}, now);
    ASSERT_FALSE(receiver);
    EXPECT_EQ(receiver.error().kind, ErrorKind::timed_out);
    EXPECT_NE(receiver.error().message.find("2 TCP streams"), std::string::npos);
}

TEST_F(TcpRound, more_streams_than_allowed_are_refused) {
    for (const std::size_t streams : {std::size_t{0}, kMostStreams + 1}) {
        const auto receiver =
            TcpReceiver::accept(listener_, {.token = kToken, .streams = streams}, soon());
        ASSERT_FALSE(receiver);
        EXPECT_EQ(receiver.error().kind, ErrorKind::usage);
    }
}

TEST_F(TcpRound, a_stop_request_ends_a_round_that_would_last_an_hour) {
    auto sender = TcpSender::connect(sending(2), soon());
    auto receiver = TcpReceiver::accept(listener_, {.token = kToken, .streams = 2}, soon());
    ASSERT_TRUE(sender && receiver);
    std::stop_source source;
    const Interrupt interrupt{.stop = source.get_token(),
                              .deadline = std::chrono::steady_clock::now() + std::chrono::hours(2)};
    const std::jthread stopper([&] { source.request_stop(); });
    const auto outcome = measure_round(
        *sender, *receiver, {.ramp = milliseconds(10), .window = std::chrono::hours(1)}, interrupt);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::interrupted);
}

TEST_F(TcpRound, a_sender_that_breaks_off_is_an_io_error_and_no_number) {
    Socket socket = caller();
    say(socket, {.token = kToken});
    auto receiver = TcpReceiver::accept(listener_, {.token = kToken}, soon());
    ASSERT_TRUE(receiver);
    // Closing with a linger time of zero resets the connection instead of ending it.
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ASSERT_EQ(setsockopt(socket.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    socket.close();
    const SteadyTime now = std::chrono::steady_clock::now();
    ASSERT_TRUE(receiver->start({.begin = now, .end = now + milliseconds(1)}, soon()));
    const auto report = receiver->finish();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::io);
}

TEST(SplitRound, the_ramp_is_a_quarter_and_never_over_a_second) {
    EXPECT_EQ(split_round(milliseconds(400)).ramp, milliseconds(100));
    EXPECT_EQ(split_round(milliseconds(400)).window, milliseconds(300));
    EXPECT_EQ(split_round(std::chrono::seconds(10)).ramp, std::chrono::seconds(1));
    EXPECT_EQ(split_round(std::chrono::seconds(10)).window, std::chrono::seconds(9));
}

SenderSnapshot snapshot(std::uint32_t first, std::uint32_t second) {
    return {.streams = {ConnectionFacts{.retransmitted_segments = first},
                        ConnectionFacts{.retransmitted_segments = second}}};
}

TEST(Retransmits, are_summed_over_the_streams_also_across_the_wrap_of_the_counter) {
    EXPECT_EQ(retransmits_between(snapshot(5, 0), snapshot(8, 4)), 7u);
    EXPECT_EQ(retransmits_between(snapshot(0xffffffff, 0), snapshot(1, 0)), 2u);
}

TEST(Retransmits, are_unknown_when_one_stream_does_not_say) {
    SenderSnapshot silent = snapshot(1, 1);
    silent.streams[1] = std::nullopt;
    EXPECT_EQ(retransmits_between(snapshot(0, 0), silent), std::nullopt);
    EXPECT_EQ(retransmits_between(silent, SenderSnapshot{}), std::nullopt);
}

}  // namespace
}  // namespace assay::network
