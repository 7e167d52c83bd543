#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/rtt_workload.h"
#include "tests/support/fake_peer.h"
#include "tests/support/network_namespace.h"
#include "tests/truth/rounds.h"

/// The round trip probe between two namespaces, for its truth tests.
namespace assay::network::rtt {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr double kMs = 1e6;  // ns

inline Interrupt within(milliseconds time) {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + time};
}

/// Two namespaces joined by a veth pair.
class RttTruth : public testing::Test {
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
    /// Makes the pair anew with a router between its ends, whose way to `right_` has the queue
    /// discipline `qdisc`. A sender's own queue would not do: TCP keeps that one short (TSQ).
    void route_through(const std::string& qdisc) {
        in_left("ip link del veth0");
        auto made = test::NetworkNamespace::create();
        ASSERT_TRUE(made);
        router_.emplace(std::move(*made));
        in_left("ip link add veth0 type veth peer name left netns " + router_->path());
        in_right("ip link add veth0 type veth peer name right netns " + router_->path());
        in_left(std::string("ip addr add ") + test::kLeftAddress + "/24 dev veth0");
        in_right(std::string("ip addr add ") + test::kRightAddress + "/24 dev veth0");
        in_left("ip link set veth0 up");
        in_right("ip link set veth0 up");
        for (const char* line :
             {"ip link set left up", "ip link set right up", "ip route add 10.255.0.1 dev left",
              "ip route add 10.255.0.2 dev right", "echo 1 > /proc/sys/net/ipv4/ip_forward",
              "echo 1 > /proc/sys/net/ipv4/conf/left/proxy_arp",
              "echo 1 > /proc/sys/net/ipv4/conf/right/proxy_arp"}) {
            const auto outcome = router_->command(line);
            ASSERT_TRUE(outcome) << outcome.error().message;
        }
        const auto shaped = router_->command("tc qdisc add dev right root " + qdisc);
        ASSERT_TRUE(shaped) << shaped.error().message;
    }
    bool has_nft() const { return left_->command("command -v nft").has_value(); }

    std::shared_ptr<test::FakePeer> peer() {
        auto made = std::make_shared<test::FakePeer>(kRttRoles, *left_, *right_);
        made->facts().same_host = false;
        return made;
    }
    /// One round of one case, played in `left_`.
    Expected<RoundResult> measure(std::map<std::string, std::string, std::less<>> words,
                                  milliseconds duration) {
        Expected<RoundResult> result;
        ASSAY_TRY_VOID(left_->run([&] { result = measure_here(std::move(words), duration); }));
        return result;
    }
    Expected<RoundResult> measure_here(std::map<std::string, std::string, std::less<>> words,
                                       milliseconds duration) {
        ASSAY_TRY(const RttSettings settings, rtt_settings({.values = std::move(words)}));
        ASSAY_TRY(const auto workload, make_rtt_workload(peer(), settings, {{"family", "ipv4"}},
                                                         host::Files("/"), within(seconds(10))));
        return workload->measure(0, test::round_of(duration));
    }

    std::optional<test::NetworkNamespace> left_, right_, router_;
};

inline const Histogram& ticks_of(const RoundResult& result, const Metric& metric) {
    const auto found = std::ranges::find(result.latencies, &metric, &RoundLatency::metric);
    EXPECT_NE(found, result.latencies.end());
    return found->ticks;
}

inline double value_of(const RoundResult& result, const Metric& metric) {
    const auto found = std::ranges::find(result.values, &metric, &RoundValue::metric);
    EXPECT_NE(found, result.values.end()) << metric.id;
    return found == result.values.end() ? 0 : found->value;
}

inline std::string finding_text(const RoundResult& result, std::string_view id) {
    for (const Finding& finding : result.findings)
        if (finding.id == id)
            return finding.message;
    return "";
}

}  // namespace assay::network::rtt
