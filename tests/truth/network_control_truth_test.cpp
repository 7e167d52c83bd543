#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "probes/network/control/path_check.h"
#include "probes/network/control/peer.h"
#include "tests/support/echo_role.h"
#include "tests/support/network_namespace.h"
#include "tests/support/running_agent.h"

/// An agent in one network namespace, a prober in another, and what may go wrong between them. Each
/// trouble must end within its deadline, with a sentence that names it and no other.
namespace assay::network::control {
namespace {

using test::within;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Namespaces : public testing::Test {
  protected:
    void SetUp() override {
        if (const auto available = test::network_namespaces_available(); !available)
            GTEST_SKIP() << available.error().message;
        left_.emplace(*test::NetworkNamespace::create());
        right_.emplace(*test::NetworkNamespace::create());
        const auto joined = test::join_by_veth(*left_, *right_);
        ASSERT_TRUE(joined) << joined.error().message;
        AgentSettings settings;
        settings.listen = {*Endpoint::of_address(test::kRightAddress, 0)};
        ASSERT_TRUE(right_->run([&] { agent_.emplace(settings); }));
        ASSERT_EQ(agent_->trouble(), "");
    }

    /// A firewall rule on the agent's host; skips where there is no nft.
    void firewall(const std::string& rule) {
        const auto set = right_->command(
            "nft add table inet t && nft 'add chain inet t c { type "
            "filter hook input priority 0; }' && nft 'add rule inet "
            "t c " +
            rule + "'");
        if (!set)
            GTEST_SKIP() << set.error().message;
    }
    std::string port() const { return std::to_string(agent_->endpoint().port()); }

    Expected<std::shared_ptr<LivePeer>> connect(const PeerAddress& address) {
        const auto begin = Clock::now();
        Expected<std::shared_ptr<LivePeer>> peer;
        EXPECT_TRUE(left_->run(
            [&] { peer = connect_to_peer(test::this_host(), address, within(seconds(15))); }));
        took_ = Clock::now() - begin;
        return peer;
    }
    PeerAddress at(const std::string& host) const {
        PeerAddress address = agent_->address();
        address.where.host = host;
        return address;
    }

    std::optional<test::NetworkNamespace> left_, right_;
    std::optional<test::RunningAgent> agent_;
    std::chrono::nanoseconds took_{};
};

TEST_F(Namespaces, a_test_runs_between_them_and_is_a_self_test_all_the_same) {
    const auto peer = connect(agent_->address());
    ASSERT_TRUE(peer) << peer.error().message;
    EXPECT_TRUE((*peer)->facts().same_host) << "one kernel, whatever the namespaces";
    ASSERT_TRUE(left_->run([&] {
        const auto test = (*peer)->begin("test.echo", test::EchoWishes{}.encode(), within());
        ASSERT_TRUE(test) << test.error().message;
        const auto stream = (*test)->door().tcp_stream(0, within());
        ASSERT_TRUE(stream) << stream.error().message;
        const auto flow = (*test)->door().udp_flow(0, within());
        ASSERT_TRUE(flow) << flow.error().message;
        ASSERT_TRUE((*test)->prepared(within()));
        ASSERT_TRUE((*test)->start(within()));
        EXPECT_EQ(test::echoed(*stream, "across"), "across");
        EXPECT_EQ(test::echoed(*flow, "too"), "too");
        EXPECT_TRUE((*test)->finish(within()));
    }));
}

TEST_F(Namespaces, a_closed_port_is_told_at_once) {
    PeerAddress closed = agent_->address();
    closed.where.port = 9;
    const auto peer = connect(closed);
    ASSERT_FALSE(peer);
    EXPECT_EQ(peer.error().kind, ErrorKind::unavailable);
    EXPECT_NE(peer.error().message.find("port is closed"), std::string::npos)
        << peer.error().message;
    EXPECT_LT(took_, seconds(1));
}

TEST_F(Namespaces, a_filtered_port_is_told_after_4_s) {
    firewall("tcp dport " + port() + " drop");
    const auto peer = connect(agent_->address());
    ASSERT_FALSE(peer);
    EXPECT_EQ(peer.error().kind, ErrorKind::timed_out);
    EXPECT_NE(peer.error().message.find("silently (filtered)"), std::string::npos)
        << peer.error().message;
    EXPECT_LT(took_, milliseconds(4500));
}

TEST_F(Namespaces, a_prohibiting_firewall_is_told_at_once) {
    firewall("tcp dport " + port() + " reject with icmp type admin-prohibited");
    const auto peer = connect(agent_->address());
    ASSERT_FALSE(peer);
    EXPECT_NE(peer.error().message.find("prohibits it (ICMP code 13)"), std::string::npos)
        << peer.error().message;
    EXPECT_LT(took_, seconds(1));
}

TEST_F(Namespaces, a_rejecting_firewall_is_not_a_closed_port) {
    firewall("tcp dport " + port() + " reject with icmp type port-unreachable");
    const auto peer = connect(agent_->address());
    ASSERT_FALSE(peer);
    EXPECT_NE(peer.error().message.find("rejected on the way"), std::string::npos)
        << peer.error().message;
    EXPECT_LT(took_, seconds(1));
}

TEST_F(Namespaces, a_host_that_nobody_is_and_a_network_without_a_route_are_told_apart) {
    const auto nobody = connect(at("10.255.0.77"));
    ASSERT_FALSE(nobody);
    EXPECT_NE(nobody.error().message.find("nobody answers at that address"), std::string::npos)
        << nobody.error().message;
    EXPECT_LT(took_, milliseconds(4500));
    const auto no_route = connect(at("192.0.2.1"));
    ASSERT_FALSE(no_route);
    EXPECT_NE(no_route.error().message.find("no route to its network"), std::string::npos)
        << no_route.error().message;
    EXPECT_LT(took_, seconds(1));
}

TEST_F(Namespaces, a_name_that_no_server_knows_is_told_within_its_deadline) {
    const auto peer = connect(at("dr-host.invalid"));
    ASSERT_FALSE(peer);
    EXPECT_NE(peer.error().message.find("dr-host.invalid"), std::string::npos);
    EXPECT_NE(peer.error().message.find("DNS"), std::string::npos) << peer.error().message;
    EXPECT_LT(took_, milliseconds(5500));
}

TEST_F(Namespaces, name_servers_that_say_nothing_are_given_up_after_5_s) {
    // Everything beyond the veth goes to the other namespace, which forwards nothing.
    ASSERT_TRUE(left_->command(std::string("ip route add default via ") + test::kRightAddress));
    const auto peer = connect(at("dr-host.invalid"));
    ASSERT_FALSE(peer);
    EXPECT_NE(peer.error().message.find("dr-host.invalid"), std::string::npos);
    EXPECT_NE(peer.error().message.find("DNS"), std::string::npos) << peer.error().message;
    EXPECT_LT(took_, milliseconds(5500));
}

TEST_F(Namespaces, blocked_udp_is_found_while_tcp_works) {
    firewall("udp dport " + port() + " drop");
    const auto peer = connect(agent_->address());
    ASSERT_TRUE(peer) << peer.error().message;
    const auto begin = Clock::now();
    Expected<bool> open = true;
    ASSERT_TRUE(left_->run([&] { open = udp_path_is_open(**peer, within()); }));
    ASSERT_TRUE(open) << open.error().message;
    EXPECT_FALSE(*open);
    EXPECT_LT(Clock::now() - begin, seconds(5));
}

/// A test that plays, and what its prober hears after `trouble`, waiting for the report.
Expected<Fields> report_after(Peer& peer, const std::function<void()>& trouble) {
    ASSAY_TRY(const auto test,
              peer.begin("test.echo", test::EchoWishes{.udp = false}.encode(), within()));
    ASSAY_TRY(const Socket stream, test->door().tcp_stream(0, within()));
    ASSAY_TRY_VOID(test->prepared(within()));
    ASSAY_TRY_VOID(test->start(within()));
    trouble();
    return test->finish(within());
}

TEST_F(Namespaces, a_cable_that_is_pulled_mid_test_is_told_within_6_s_and_stops_the_agents_role) {
    const auto peer = connect(agent_->address());
    ASSERT_TRUE(peer) << peer.error().message;
    Clock::time_point pulled;
    Expected<Fields> report;
    bool agent_stopped = false;
    ASSERT_TRUE(left_->run([&] {
        report = report_after(**peer, [&] {
            ASSERT_TRUE(right_->command("ip link set veth0 down"));
            pulled = Clock::now();
            agent_stopped = agent_->has_told("test.echo: over");
            EXPECT_LT(Clock::now() - pulled, milliseconds(1500));
        });
    }));
    EXPECT_TRUE(agent_stopped) << agent_->told();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::unavailable);
    EXPECT_NE(report.error().message.find("is the link down"), std::string::npos)
        << report.error().message;
    EXPECT_LT(Clock::now() - pulled, seconds(6));
}

TEST_F(Namespaces, an_agent_that_goes_away_mid_test_is_told_at_once) {
    const auto peer = connect(agent_->address());
    ASSERT_TRUE(peer) << peer.error().message;
    Clock::time_point gone;
    Expected<Fields> report;
    ASSERT_TRUE(left_->run([&] {
        report = report_after(**peer, [&] {
            agent_.reset();
            gone = Clock::now();
        });
    }));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::unavailable);
    EXPECT_NE(report.error().message.find("ended the connection"), std::string::npos)
        << report.error().message;
    EXPECT_LT(Clock::now() - gone, seconds(1));
}

}  // namespace
}  // namespace assay::network::control
