#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "probes/network/tcp/metrics.h"
#include "probes/network/tcp/tcp_role.h"
#include "probes/network/tcp/tcp_workload.h"
#include "tests/support/fake_peer.h"
#include "tests/support/network_namespace.h"
#include "tests/support/withheld_cpu.h"

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A prober in one network namespace, an agent's role in another, and a veth between them. What TCP
/// can carry through a shaper is known beforehand:
///
/// tbf takes as many tokens as a packet has bytes in the qdisc layer, and that is the Ethernet
/// frame without preamble, check sum and gap: 14 bytes of Ethernet header, 20 of IPv4, 20 of TCP,
/// the TCP options, and the payload. For a GSO packet of n segments the kernel counts n such
/// headers (qdisc_pkt_len_init); one longer than the burst is cut into its segments, which count
/// the same. So the payload's share of the shaped rate is segment / (segment + 54 + options). The
/// path's MSS is MTU - 40 = 1460, and the segment that TCP_INFO names is the MSS less the options,
/// hence a frame is always 14 + MTU = 1514 bytes long: 1448 bytes of payload with time stamps,
/// which is the kernel's default. A dropped packet takes no tokens, so retransmits replace what was
/// lost and cost nothing; acknowledgements travel on the unshaped side.
constexpr double kFrameBytes = 1514;
constexpr double kSegmentBytes = 1448;
constexpr double kBitsPerByte = 8;

struct Link {
    test::NetworkNamespace left, right;
};

Expected<std::unique_ptr<Link>> link_between() {
    ASSAY_TRY_VOID(test::network_namespaces_available());
    ASSAY_TRY(test::NetworkNamespace left, test::NetworkNamespace::create());
    ASSAY_TRY(test::NetworkNamespace right, test::NetworkNamespace::create());
    auto link = std::make_unique<Link>(Link{std::move(left), std::move(right)});
    ASSAY_TRY_VOID(test::join_by_veth(link->left, link->right));
    return link;
}

class NetworkTcpTruth : public testing::Test {
  protected:
    void SetUp() override {
        auto made = link_between();
        if (!made)
            GTEST_SKIP() << made.error().message;
        link_ = std::move(*made);
    }
    /// One round of `measured`. Reno is in every kernel and keeps a queue from running empty; the
    /// host's default might be BBR, which drains it on purpose now and then.
    Expected<RoundResult> round(const TcpCase& measured, std::chrono::nanoseconds duration,
                                std::span<const control::RoleRow> agent_roles = tcp_roles()) {
        const auto peer = std::make_shared<test::FakePeer>(agent_roles, link_->left, link_->right);
        peer->facts().same_host = false;  // two namespaces stand for two hosts
        TcpWorkload workload(host_, peer,
                             {.cases = {measured}, .congestion = "reno", .dscp = std::nullopt}, {});
        std::optional<Expected<RoundResult>> result;
        const RoundRequest request{.duration = duration,
                                   .seed = 1,
                                   .stop = {},
                                   .deadline = std::chrono::steady_clock::now() + seconds(14)};
        ASSAY_TRY_VOID(link_->left.run([&] { result = workload.measure(0, request); }));
        if (*result) {
            ASSAY_TRY_VOID(workload.verify());
            for (const Finding& finding : (*result)->findings)
                std::printf("  %s: %s\n", finding.id.c_str(), finding.message.c_str());
        }
        return std::move(*result);
    }

    host::Host host_ = test::this_host();
    std::unique_ptr<Link> link_;
};

double value_of(const RoundResult& result, const Metric& metric) {
    for (const RoundValue& row : result.values)
        if (row.metric == &metric)
            return row.value;
    ADD_FAILURE() << metric.id << " was not measured";
    return 0;
}

bool has(const RoundResult& result, std::string_view id) {
    return std::ranges::any_of(result.findings,
                               [id](const Finding& finding) { return finding.id == id; });
}

struct ShapedCase {
    std::uint64_t bits_per_s;
    TcpCase measured;
    const char* name;
};
class ShapedTcp : public NetworkTcpTruth, public testing::WithParamInterface<ShapedCase> {};

/// A busy host can keep a link from being filled, and nothing can fill it beyond its rate. So a
/// round that reads too little is repeated, twice at most, and none may ever read too much.
TEST_P(ShapedTcp, reads_what_the_shaper_lets_through_within_one_percent) {
    const auto& [bits_per_s, measured, name] = GetParam();
    const bool up = measured.direction != Direction::down;
    const bool down = measured.direction != Direction::up;
    if (up) {
        ASSERT_TRUE(test::shape(link_->left, bits_per_s));
    }
    if (down) {
        ASSERT_TRUE(test::shape(link_->right, bits_per_s));
    }
    const double expected = static_cast<double>(bits_per_s) / kBitsPerByte * kSegmentBytes /
                            kFrameBytes * (up && down ? 2 : 1);
    double best = 0;
    const test::WithheldCpu withheld;
    for (int attempt = 0; attempt < 3 && best < 0.99; ++attempt) {
        const auto result = round(measured, seconds(4));
        ASSERT_TRUE(result) << result.error().message;
        const double share = value_of(*result, kTcpBandwidth) / expected;
        std::printf("%s: %+.3f %% of the law, ramp %.0f ms, retransmits %.0f\n", name,
                    (share - 1) * 100, value_of(*result, kTcpRampTime) / 1e6,
                    value_of(*result, kTcpRetransmits));
        EXPECT_LE(share, 1.01);
        best = std::max(best, share);
    }
    // Of 4 s, beyond what the shaper's queue and its burst make up for.
    if (best < 0.99 && withheld.spoils(milliseconds(40)))
        GTEST_SKIP() << withheld.said();
    EXPECT_GE(best, 0.99);
}

INSTANTIATE_TEST_SUITE_P(
    Rates, ShapedTcp,
    testing::Values(ShapedCase{50'000'000, {1, Direction::up}, "mbit_50_up"},
                    ShapedCase{50'000'000, {4, Direction::down}, "mbit_50_down_4_streams"},
                    ShapedCase{200'000'000, {4, Direction::up}, "mbit_200_up_4_streams"},
                    ShapedCase{200'000'000, {1, Direction::down}, "mbit_200_down"},
                    ShapedCase{200'000'000, {2, Direction::both}, "mbit_200_both_2_streams"},
                    ShapedCase{1'000'000'000, {1, Direction::up}, "mbit_1000_up"},
                    ShapedCase{1'000'000'000, {1, Direction::down}, "mbit_1000_down"}),
    [](const auto& one) { return std::string(one.param.name); });

/// Acknowledgements of 66 bytes leave one by one, each after a millisecond: a path with a delay, on
/// which both hosts mostly wait.
constexpr const char* kDelayedAcknowledgements =
    "tc qdisc add dev veth0 root tbf rate 500kbit burst 1600 latency 400ms";

/// Rounds until one names the limit, three at most: a host that is busy with other work is limited
/// by that, and says so.
class TcpLimit : public NetworkTcpTruth {
  protected:
    /// The last round's result; nullopt where none named it.
    std::optional<RoundResult> named(std::string_view id, const TcpCase& measured,
                                     std::span<const control::RoleRow> roles = tcp_roles()) {
        for (int attempt = 0; attempt < 3; ++attempt) {
            auto result = round(measured, seconds(2), roles);
            if (!result) {
                ADD_FAILURE() << result.error().message;
                return std::nullopt;
            }
            std::printf("%.3f Gbit/s\n", value_of(*result, kTcpBandwidth) * kBitsPerByte / 1e9);
            if (has(*result, id))
                return std::move(*result);
            host_is_busy_ = has(*result, "tcp_sender_cpu") || has(*result, "tcp_receiver_cpu");
        }
        return std::nullopt;
    }

    /// Other programs kept a CPU from one of the ends in the last round, which was named instead.
    bool host_is_busy_ = false;
};
constexpr const char* kBusy = "other programs have this host's CPUs, and that was named";

TEST_F(TcpLimit, a_small_receive_buffer_is_named_as_the_receivers_window) {
    ASSERT_TRUE(link_->right.command("sysctl -w net.ipv4.tcp_rmem='4096 8192 8192'"));
    ASSERT_TRUE(link_->right.command(kDelayedAcknowledgements));
    const auto result = named("tcp_receive_window", {1, Direction::up});
    if (!result && host_is_busy_)
        GTEST_SKIP() << kBusy;
    ASSERT_TRUE(result);
    EXPECT_FALSE(has(*result, "tcp_send_buffer"));
    EXPECT_FALSE(has(*result, "tcp_random_loss"));
}

/// Half a megabyte is counted by the kernel; 4608 B, its least, never holds a segment that waits,
/// and shows by what is on the way.
class SmallSendBuffer : public TcpLimit, public testing::WithParamInterface<int> {};

TEST_P(SmallSendBuffer, is_named_also_where_the_agent_sends) {
    const std::string bytes = std::to_string(GetParam());
    ASSERT_TRUE(
        link_->right.command("sysctl -w net.ipv4.tcp_wmem='4096 " + bytes + " " + bytes + "'"));
    ASSERT_TRUE(link_->left.command(kDelayedAcknowledgements));
    const auto result = named("tcp_send_buffer", {1, Direction::down});
    if (!result && host_is_busy_)
        GTEST_SKIP() << kBusy;
    ASSERT_TRUE(result);
    EXPECT_FALSE(has(*result, "tcp_receive_window"));
    EXPECT_FALSE(has(*result, "tcp_random_loss"));
    EXPECT_FALSE(has(*result, "tcp_shaped_link"));
}

INSTANTIATE_TEST_SUITE_P(Bytes, SmallSendBuffer, testing::Values(4608, 524288),
                         [](const auto& bytes) { return std::to_string(bytes.param); });

TEST_F(TcpLimit, each_lost_segment_shows_as_a_retransmit_and_loss_is_named) {
    // Segments one by one, so that a packet that nftables drops is one segment; and dropped at the
    // receiver's side, since a sender is told of what its own host drops.
    ASSERT_TRUE(link_->left.command("ip link set dev veth0 gso_max_segs 1"));
    if (const auto filter = link_->right.command(
            "nft add table ip loss && "
            "nft add chain ip loss inward '{ type filter hook prerouting priority 0; }' && "
            "nft add rule ip loss inward ip protocol tcp numgen inc mod 50 == 0 drop");
        !filter)
        GTEST_SKIP() << filter.error().message;
    const auto result = named("tcp_random_loss", {1, Direction::up});
    if (!result && host_is_busy_)
        GTEST_SKIP() << kBusy;
    ASSERT_TRUE(result);
    // Of 50 segments that reach the filter one is lost and sent again: of all that are sent, 1/50.
    // Goodput counts the other 49.
    const double segments =
        value_of(*result, kTcpBandwidth) * 1.5 / kSegmentBytes;  // the window: 2 s less the ramp
    EXPECT_GT(value_of(*result, kTcpRetransmits), segments / 49 * 0.95);
    EXPECT_LT(value_of(*result, kTcpRetransmits), segments / 49 * 1.25);
}

TEST_F(TcpLimit, a_shaped_link_is_named_and_nothing_else) {
    ASSERT_TRUE(test::shape(link_->left, 100'000'000));
    const auto result = named("tcp_shaped_link", {1, Direction::up});
    if (!result && host_is_busy_)
        GTEST_SKIP() << kBusy;
    ASSERT_TRUE(result);
    for (const char* other : {"tcp_sender_cpu", "tcp_receiver_cpu", "tcp_receive_window",
                              "tcp_send_buffer", "tcp_random_loss"})
        EXPECT_FALSE(has(*result, other)) << other;
}

}  // namespace
}  // namespace assay::network::tcp
