#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "probes/network/tcp/tcp_round.h"
#include "tests/support/network_namespace.h"

namespace assay::network {
namespace {

/// A sender in one network namespace, a receiver in another, and a veth between them whose sending
/// side is shaped. What TCP can then carry is known beforehand:
///
/// tbf takes as many tokens as a packet has bytes in the qdisc layer, and that is the Ethernet
/// frame without preamble, check sum and gap: 14 bytes of Ethernet header, 20 of IPv4, 20 of TCP,
/// the TCP options, and the payload. For a GSO packet of n segments the kernel counts n such
/// headers (qdisc_pkt_len_init); one longer than the burst is cut into its segments, which count
/// the same. So the payload's share of the shaped rate is segment / (segment + 54 + options). The
/// path's MSS is MTU - 40 = 1460, and the segment that TCP_INFO names is the MSS less the options,
/// hence a frame is always 14 + MTU = 1514 bytes long. A dropped packet takes no tokens, so
/// retransmits replace what was lost and cost nothing; acknowledgements travel on the unshaped
/// side.
constexpr double kMtuBytes = 1500;
constexpr double kEthernetHeaderBytes = 14;
constexpr double kBitsPerByte = 8;

double expected_goodput_bytes_per_s(std::uint64_t shaped_bits_per_s, std::uint32_t segment_bytes) {
    return static_cast<double>(shaped_bits_per_s) / kBitsPerByte * segment_bytes /
           (kMtuBytes + kEthernetHeaderBytes);
}

struct Link {
    test::NetworkNamespace left, right;
};

Expected<Link> shaped_link(std::uint64_t bits_per_s) {
    ASSAY_TRY_VOID(test::network_namespaces_available());
    ASSAY_TRY(test::NetworkNamespace left, test::NetworkNamespace::create());
    ASSAY_TRY(test::NetworkNamespace right, test::NetworkNamespace::create());
    Link link{std::move(left), std::move(right)};
    ASSAY_TRY_VOID(test::join_by_veth(link.left, link.right));
    ASSAY_TRY_VOID(test::shape(link.left, bits_per_s));
    return link;
}

/// One round from left to right. The times are bounded by the interrupt's deadline.
Expected<RoundOutcome> round_over(const Link& link, std::size_t streams, const RoundTimes& times) {
    const StreamHello::Token token{std::byte{1}};
    const Interrupt interrupt{
        .stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20)};
    ASSAY_TRY(const Endpoint any, Endpoint::of_address(test::kRightAddress, 0));
    Expected<Socket> listening;
    ASSAY_TRY_VOID(link.right.run([&] { listening = listen_on(any, 16); }));
    ASSAY_TRY(const Socket listener, std::move(listening));
    ASSAY_TRY(const Endpoint endpoint, Endpoint::of_socket(listener.descriptor()));
    // Reno is in every kernel and keeps this queue from running empty; the host's default might be
    // BBR, which drains it on purpose now and then.
    const SenderSettings settings{
        .remote = endpoint, .token = token, .streams = streams, .congestion_control = "reno"};
    std::optional<Expected<TcpSender>> connected;
    ASSAY_TRY_VOID(link.left.run([&] { connected = TcpSender::connect(settings, interrupt); }));
    ASSAY_TRY(TcpSender sender, std::move(*connected));
    ASSAY_TRY(TcpReceiver receiver,
              TcpReceiver::accept(listener, {.token = token, .streams = streams}, interrupt));
    return measure_round(sender, receiver, times, interrupt);
}

/// Goodput over what the link can carry: 1 is the truth.
Expected<double> share_of_link(const Link& link, std::uint64_t bits_per_s, std::size_t streams) {
    ASSAY_TRY(const RoundOutcome outcome,
              round_over(link, streams,
                         {.ramp = std::chrono::seconds(1), .window = std::chrono::seconds(3)}));
    EXPECT_EQ(outcome.received.total_bytes, outcome.sent_bytes);
    EXPECT_EQ(outcome.received.wrong_samples, 0u);
    if (!outcome.segment_bytes)
        return failure(ErrorKind::unsupported, "this kernel does not tell the segment size");
    const double goodput = static_cast<double>(outcome.received.window_bytes) / outcome.window_s;
    const double expected = expected_goodput_bytes_per_s(bits_per_s, *outcome.segment_bytes);
    std::printf("segment %u B: expected %.0f B/s, measured %.0f B/s (%+.3f %%), retransmits %s\n",
                *outcome.segment_bytes, expected, goodput, (goodput / expected - 1) * 100,
                outcome.retransmits ? std::to_string(*outcome.retransmits).c_str() : "unknown");
    return goodput / expected;
}

class ShapedTcp : public testing::TestWithParam<std::size_t> {};

/// A busy host can keep a link from being filled, and nothing can fill it beyond its rate. So a
/// round that reads too little is repeated, twice at most, and none may ever read too much.
TEST_P(ShapedTcp, reads_the_goodput_of_a_200_mbit_link_within_one_percent) {
    constexpr std::uint64_t kShapedBitsPerSecond = 200'000'000;
    constexpr int kMostRounds = 3;
    const auto link = shaped_link(kShapedBitsPerSecond);
    if (!link)
        GTEST_SKIP() << link.error().message;
    double best = 0;
    for (int round = 0; round < kMostRounds && best < 0.99; ++round) {
        const auto share = share_of_link(*link, kShapedBitsPerSecond, GetParam());
        ASSERT_TRUE(share) << share.error().message;
        EXPECT_LE(*share, 1.01);
        best = std::max(best, *share);
    }
    EXPECT_GE(best, 0.99);
}

INSTANTIATE_TEST_SUITE_P(Streams, ShapedTcp, testing::Values(1, 4),
                         [](const auto& streams) { return std::to_string(streams.param); });

}  // namespace
}  // namespace assay::network
