#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "probes/network/path/blocked_port.h"
#include "probes/network/path/path_watch.h"
#include "probes/network/wire/socket.h"
#include "tests/support/network_namespace.h"
#include "tests/truth/rounds.h"

namespace assay::network::path {
namespace {

using std::chrono::milliseconds;

class PathTruth : public testing::Test {
  protected:
    void SetUp() override {
        if (const auto available = test::network_namespaces_available(); !available)
            GTEST_SKIP() << available.error().message;
        auto left = test::NetworkNamespace::create(), right = test::NetworkNamespace::create();
        ASSERT_TRUE(left && right);
        left_.emplace(std::move(*left));
        right_.emplace(std::move(*right));
        ASSERT_TRUE(test::join_by_veth(*left_, *right_));
    }
    void in_left(const std::string& line) {
        const auto outcome = left_->command(line);
        ASSERT_TRUE(outcome) << outcome.error().message;
    }
    void in_right(const std::string& line) {
        const auto outcome = right_->command(line);
        ASSERT_TRUE(outcome) << outcome.error().message;
    }
    static Endpoint right_at(std::uint16_t port) {
        return *Endpoint::of_address(test::kRightAddress, port);
    }
    /// A UDP socket in the calling thread's namespace.
    static Socket udp() { return Socket(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }
    Socket sink(std::uint16_t port) {
        Socket made;
        const Endpoint at = right_at(port);
        EXPECT_TRUE(right_->run([&] {
            made = udp();
            EXPECT_EQ(bind(made.descriptor(), at.address(), at.size()), 0);
        }));
        return made;
    }
    /// Sends datagrams of `payload` bytes to `port` of the right end; how many the kernel took.
    static std::uint64_t blast(std::uint16_t port, std::size_t payload, std::size_t datagrams) {
        const Socket source = udp();
        const Endpoint to = right_at(port);
        const std::vector<std::byte> bytes(payload);
        std::uint64_t taken = 0;
        for (std::size_t at = 0; at < datagrams; ++at)
            taken += sendto(source.descriptor(), bytes.data(), bytes.size(), 0, to.address(),
                            to.size()) >= 0;
        return taken;
    }

    std::optional<test::NetworkNamespace> left_, right_;
};

TEST_F(PathTruth, a_route_names_the_interface_and_an_own_address_is_the_same_host) {
    EXPECT_TRUE(left_->run([&] {
        const auto away = route_to(right_at(1));
        ASSERT_TRUE(away) << away.error().message;
        EXPECT_FALSE(away->same_host);
        EXPECT_EQ(away->interface_name, "veth0");
        EXPECT_EQ(away->source, test::kLeftAddress);
        EXPECT_FALSE(away->gateway);
        // Our own address is of this host though it lies on the veth.
        const auto here = route_to(*Endpoint::of_address(test::kLeftAddress, 1));
        ASSERT_TRUE(here) << here.error().message;
        EXPECT_TRUE(here->same_host);
        const auto nowhere = route_to(*Endpoint::of_address("192.0.2.1", 1));
        ASSERT_FALSE(nowhere);
        EXPECT_EQ(nowhere.error().kind, ErrorKind::unavailable);
    }));
    in_left("ip route add 192.0.2.0/24 via 10.255.0.2");
    EXPECT_TRUE(left_->run([&] {
        const auto far = route_to(*Endpoint::of_address("192.0.2.1", 1));
        ASSERT_TRUE(far) << far.error().message;
        EXPECT_EQ(far->gateway, test::kRightAddress);
    }));
}

TEST_F(PathTruth, the_interface_is_described_in_its_own_namespace) {
    in_left("tc qdisc add dev veth0 root tbf rate 10mbit burst 16kb limit 30000");
    EXPECT_TRUE(left_->run([&] {
        const auto route = route_to(right_at(1));
        ASSERT_TRUE(route);
        const auto facts = interface_of(route->interface_index);
        ASSERT_TRUE(facts) << facts.error().message;
        EXPECT_EQ(facts->name, "veth0");
        EXPECT_EQ(facts->driver, "veth");
        EXPECT_EQ(facts->mtu_bytes, 1500u);
        EXPECT_TRUE(facts->up);
        EXPECT_EQ(facts->speed_bytes_per_s, 1.25e9);  // what veth claims: 10 Gbit/s
        EXPECT_TRUE(facts->offloads.tcp_segmentation.has_value());
        const auto queue = queue_discipline_of(route->interface_index);
        ASSERT_TRUE(queue) << queue.error().message;
        EXPECT_EQ(queue->kind, "tbf");
        EXPECT_TRUE(queue->is_shaper());
        EXPECT_EQ(queue->dropped, 0u);
    }));
    in_left("ip link set veth0 down");
    EXPECT_TRUE(left_->run([&] {
        const auto facts = interface_of(2);
        ASSERT_TRUE(facts) << facts.error().message;
        EXPECT_FALSE(facts->up);
    }));
}

// 3000 datagrams are ours, 1000 of another program: the share is a quarter, whatever their length.
TEST_F(PathTruth, traffic_of_others_is_found_with_its_share) {
    constexpr std::size_t kPayload = 1000, kFrame = kPayload + 8 + 20 + 14;
    const Socket ours = sink(5000), theirs = sink(5001);
    EXPECT_TRUE(left_->run([&] {
        const auto watch = PathWatch::start(host::Files("/"), right_at(5000));
        ASSERT_TRUE(watch) << watch.error().message;
        const auto sent = static_cast<double>(blast(5000, kPayload, 3000)) * kFrame;
        const OwnTraffic own{.sent_bytes = sent, .received_bytes = 0};
        // So far all of it is ours, but for an ARP.
        const PathDeltas before = watch->deltas();
        EXPECT_LT(*share_of_others(before, own), 0.001);
        EXPECT_FALSE(test::has(path_findings(*watch, before, own), "competing_traffic"));
        blast(5001, kPayload, 1000);
        const PathDeltas deltas = watch->deltas();
        EXPECT_NEAR(*share_of_others(deltas, own), 0.25, 0.001);
        EXPECT_TRUE(test::has(path_findings(*watch, deltas, own), "competing_traffic"));
    }));
}

TEST_F(PathTruth, what_the_queue_drops_is_counted_to_the_packet) {
    const Socket receiver = sink(5000);
    in_left("tc qdisc add dev veth0 root tbf rate 1mbit burst 2kb limit 5000");
    std::uint64_t dropped = 0, sent = 0, held = 0;
    EXPECT_TRUE(left_->run([&] {
        const auto watch = PathWatch::start(host::Files("/"), right_at(5000));
        ASSERT_TRUE(watch) << watch.error().message;
        sent = 200;
        blast(5000, 1000, sent);
        std::this_thread::sleep_for(milliseconds(300));  // 5000 B at 1 Mbit/s drain in 40 ms
        const PathDeltas deltas = watch->deltas();
        ASSERT_TRUE(deltas.queue_dropped && deltas.queue_held_back);
        dropped = *deltas.queue_dropped;
        held = *deltas.queue_held_back;
    }));
    std::uint64_t arrived = 0;
    std::vector<std::byte> buffer(2000);
    while (recv(receiver.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT) >= 0)
        ++arrived;
    std::printf("sent %llu, arrived %llu, dropped by the queue %llu\n",
                static_cast<unsigned long long>(sent), static_cast<unsigned long long>(arrived),
                static_cast<unsigned long long>(dropped));
    EXPECT_EQ(arrived + dropped, sent);
    EXPECT_GT(dropped, 100u);
    EXPECT_GT(held, 0u);
}

TEST_F(PathTruth, drops_of_a_full_receive_buffer_are_counted_at_the_receiver) {
    const Socket receiver = sink(5000);
    const int tiny = 4096;
    ASSERT_EQ(setsockopt(receiver.descriptor(), SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny)), 0);
    std::optional<PathWatch> watch;
    EXPECT_TRUE(right_->run([&] {
        auto started =
            PathWatch::start(host::Files("/"), *Endpoint::of_address(test::kLeftAddress, 1));
        ASSERT_TRUE(started) << started.error().message;
        watch.emplace(std::move(*started));
    }));
    EXPECT_TRUE(left_->run([&] { EXPECT_EQ(blast(5000, 1000, 500), 500u); }));
    std::uint64_t arrived = 0;
    std::vector<std::byte> buffer(2000);
    while (recv(receiver.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT) >= 0)
        ++arrived;
    EXPECT_TRUE(right_->run([&] {
        const PathDeltas deltas = watch->deltas();
        ASSERT_TRUE(deltas.udp_receive_buffer_drops);
        EXPECT_EQ(*deltas.udp_receive_buffer_drops + arrived, 500u);
        EXPECT_GT(*deltas.udp_receive_buffer_drops, 400u);
    }));
}

/// Sends to a UDP port and looks for half a second at what comes of it.
PortAttempt attempt_at(std::uint16_t port) {
    PortAttempt attempt;
    attempt.protocol = "udp";
    attempt.where = std::string(test::kRightAddress) + ":" + std::to_string(port);
    const Socket source(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const Endpoint to = *Endpoint::of_address(test::kRightAddress, port);
    EXPECT_TRUE(want_icmp_errors(source.descriptor(), AF_INET));
    EXPECT_EQ(connect(source.descriptor(), to.address(), to.size()), 0);
    if (send(source.descriptor(), "x", 1, 0) < 0)
        attempt.system_errno = errno;
    for (int wait = 0; wait < 10 && !take_icmp_error(source.descriptor(), attempt); ++wait)
        std::this_thread::sleep_for(milliseconds(50));
    return attempt;
}

TEST_F(PathTruth, a_port_that_is_closed_prohibited_or_filtered_is_told_apart) {
    if (!right_->command("command -v nft"))
        GTEST_SKIP() << "nft is not installed";
    in_right(
        "nft 'table ip t { chain c { type filter hook input priority 0; "
        "udp dport 6001 reject with icmp type admin-prohibited; udp dport 6002 drop; }; }'");
    in_left(
        "nft 'table ip t { chain c { type filter hook output priority 0; udp dport 6003 drop; }; "
        "}'");
    EXPECT_TRUE(left_->run([&] {
        const PortAttempt closed = attempt_at(6000);
        EXPECT_EQ(judge_port(closed), PortState::closed);
        EXPECT_EQ(closed.icmp_code, 3);
        const PortAttempt prohibited = attempt_at(6001);
        EXPECT_EQ(judge_port(prohibited), PortState::prohibited);
        EXPECT_EQ(prohibited.icmp_code, 13);
        EXPECT_EQ(prohibited.icmp_from, test::kRightAddress);
        EXPECT_EQ(judge_port(attempt_at(6002)), PortState::silent);
        EXPECT_EQ(judge_port(attempt_at(6003)), PortState::not_permitted);
        std::printf("%s\n", port_finding(prohibited)->message.c_str());
    }));
}

}  // namespace
}  // namespace assay::network::path
