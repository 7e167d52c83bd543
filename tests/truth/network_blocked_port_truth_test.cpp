#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "probes/network/control/peer.h"
#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/rtt_workload.h"
#include "probes/network/rtt/settings.h"
#include "tests/support/network_namespace.h"
#include "tests/support/running_agent.h"
#include "tests/truth/rounds.h"

/// A firewall lets TCP through to the agent and not UDP: what needs UDP is left out, the rest is
/// measured, and the report says which port is blocked and how.
namespace assay::network::rtt {
namespace {

using std::chrono::seconds;
using test::within;

struct Wall {
    const char* name;
    const char* verdict;
    const char* state;  ///< as path::name_of
};

class BlockedUdp : public testing::TestWithParam<Wall> {};

TEST_P(BlockedUdp, is_a_finding_beside_the_round_trips_that_could_be_measured) {
    if (const auto available = test::network_namespaces_available(); !available)
        GTEST_SKIP() << available.error().message;
    const auto left = test::NetworkNamespace::create(), right = test::NetworkNamespace::create();
    ASSERT_TRUE(left && right);
    ASSERT_TRUE(test::join_by_veth(*left, *right));
    control::AgentSettings settings;
    settings.listen = {*Endpoint::of_address(test::kRightAddress, 0)};
    settings.roles = kRttRoles;
    std::optional<test::RunningAgent> agent;
    ASSERT_TRUE(right->run([&] { agent.emplace(settings); }));
    ASSERT_EQ(agent->trouble(), "");
    if (const auto wall = right->command(
            std::string("nft 'table inet t { chain c { type filter hook input priority 0; "
                        "meta l4proto udp ") +
            GetParam().verdict + "; }; }'");
        !wall)
        GTEST_SKIP() << wall.error().message;
    const auto echoes = rtt_settings({.values = {{"protocol", "all"}}});
    ASSERT_TRUE(echoes) << echoes.error().message;
    EXPECT_TRUE(left->run([&] {
        const host::Host host = test::this_host();
        auto peer = control::connect_to_peer(host, agent->address(), within(seconds(15)));
        ASSERT_TRUE(peer) << peer.error().message;
        // Namespaces of one host share its identity.
        class Elsewhere : public control::Peer {
          public:
            explicit Elsewhere(std::shared_ptr<control::Peer> peer)
                : peer_(std::move(peer)), facts_(peer_->facts()) {
                facts_.same_host = false;
            }
            const control::PeerFacts& facts() const override { return facts_; }
            Expected<std::unique_ptr<control::Test>> begin(std::string_view role,
                                                           const Fields& wishes,
                                                           const Interrupt& interrupt) override {
                return peer_->begin(role, wishes, interrupt);
            }

          private:
            std::shared_ptr<control::Peer> peer_;
            control::PeerFacts facts_;
        };
        const auto workload =
            make_rtt_workload(std::make_shared<Elsewhere>(*peer), *echoes, {{"family", "ipv4"}},
                              host.files, within(seconds(15)));
        ASSERT_TRUE(workload) << workload.error().message;
        for (const Case& one : (*workload)->cases())
            EXPECT_TRUE(one.name.find("udp") == std::string::npos && one.name != "path MTU")
                << one.name;
        ASSERT_FALSE((*workload)->cases().empty());
        std::string message;
        for (const Finding& finding : (*workload)->findings())
            if (finding.id == "port_blocked")
                message = finding.message;
        std::printf("%s\n", message.c_str());
        EXPECT_NE(message.find(std::string("(") + GetParam().state), std::string::npos);
        EXPECT_NE(message.find(std::string(test::kRightAddress) + ":"), std::string::npos);
        EXPECT_TRUE((*workload)->measure(0, test::round_of(std::chrono::milliseconds(300))));
    }));
}

INSTANTIATE_TEST_SUITE_P(Walls, BlockedUdp,
                         testing::Values(Wall{"silent", "drop", "silent"},
                                         Wall{"closed", "reject", "closed"}),
                         [](const auto& wall) { return std::string(wall.param.name); });

}  // namespace
}  // namespace assay::network::rtt
