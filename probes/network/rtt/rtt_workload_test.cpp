#include "probes/network/rtt/rtt_workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/metrics.h"
#include "tests/support/fake_peer.h"

namespace assay::network::rtt {
namespace {

using std::chrono::milliseconds;

const Histogram* ticks_of(const RoundResult& result, const Metric& metric) {
    const auto found = std::ranges::find(result.latencies, &metric, &RoundLatency::metric);
    return found == result.latencies.end() ? nullptr : &found->ticks;
}

std::optional<double> value_of(const RoundResult& result, const Metric& metric) {
    const auto found = std::ranges::find(result.values, &metric, &RoundValue::metric);
    return found == result.values.end() ? std::nullopt : std::optional(found->value);
}

bool has(const std::vector<Finding>& findings, std::string_view id) {
    return std::ranges::find(findings, id, &Finding::id) != findings.end();
}

class RttWorkload : public testing::Test {
  protected:
    std::unique_ptr<Workload> workload(std::map<std::string, std::string, std::less<>> values) {
        const auto settings = rtt_settings({.values = std::move(values)});
        EXPECT_TRUE(settings) << settings.error().message;
        auto made = make_rtt_workload(
            peer_, *settings, {{"family", "ipv4"}}, host::Files("/"),
            {.stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10)});
        EXPECT_TRUE(made) << made.error().message;
        return made ? std::move(*made) : nullptr;
    }
    static RoundRequest round(milliseconds duration) {
        return {.duration = duration,
                .seed = 7,
                .stop = {},
                .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20)};
    }
    std::shared_ptr<test::FakePeer> peer_ = std::make_shared<test::FakePeer>(kRttRoles);
};

TEST_F(RttWorkload, udp_and_tcp_echoes_are_answered_and_proven) {
    for (const auto& [protocol, response, service] :
         {std::tuple{"udp", &kUdp, &kUdpService}, std::tuple{"tcp", &kTcp, &kTcpService}}) {
        const auto made = workload({{"protocol", protocol}, {"payload", "100"}});
        ASSERT_EQ(made->cases().size(), 1u);
        const auto result = made->measure(0, round(milliseconds(200)));
        ASSERT_TRUE(result) << protocol << ": " << result.error().message;
        ASSERT_NE(ticks_of(*result, *response), nullptr);
        EXPECT_EQ(ticks_of(*result, *response)->count(), 200u);
        EXPECT_EQ(ticks_of(*result, *service)->count(), 200u);
        EXPECT_GT(*ticks_of(*result, *service)->min(), 1000u);
        EXPECT_LE(*ticks_of(*result, *service)->quantile(0.5),
                  *ticks_of(*result, *response)->quantile(0.5));
        EXPECT_EQ(value_of(*result, kLost), 0.0);
        EXPECT_GT(value_of(*result, kJitter), 0.0);
        EXPECT_TRUE(made->verify());
    }
}

TEST_F(RttWorkload, a_closed_loop_asks_as_fast_as_it_is_answered) {
    const auto made = workload({{"protocol", "udp"}, {"loop", "closed"}});
    const auto result = made->measure(0, round(milliseconds(200)));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_GT(ticks_of(*result, kUdpService)->count(), 500u);
    EXPECT_EQ(value_of(*result, kLost), 0.0);
}

TEST_F(RttWorkload, connects_and_handshakes_reach_the_agents_own_port) {
    const auto connect = workload({{"protocol", "connect"}});
    const auto connected = connect->measure(0, round(milliseconds(200)));
    ASSERT_TRUE(connected) << connected.error().message;
    EXPECT_EQ(ticks_of(*connected, kTcpConnect)->count(), 20u);
    const auto settings = rtt_settings({.values = {{"protocol", "syn"}}});
    auto syn = make_rtt_workload(
        peer_, *settings, {}, host::Files("/"),
        {.stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10)});
    if (!syn && syn.error().kind == ErrorKind::permission)
        GTEST_SKIP() << syn.error().message;
    ASSERT_TRUE(syn) << syn.error().message;
    const auto shaken = (*syn)->measure(0, round(milliseconds(200)));
    ASSERT_TRUE(shaken) << shaken.error().message;
    EXPECT_EQ(ticks_of(*shaken, kSyn)->count(), 20u);
    EXPECT_EQ(value_of(*shaken, kLost), 0.0);
}

TEST_F(RttWorkload, icmp_is_answered_or_its_reason_is_told) {
    const auto settings = rtt_settings({.values = {{"protocol", "icmp"}}});
    auto made = make_rtt_workload(
        peer_, *settings, {}, host::Files("/"),
        {.stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10)});
    if (!made) {
        EXPECT_EQ(made.error().kind, ErrorKind::permission);
        EXPECT_NE(made.error().message.find("ping_group_range"), std::string::npos);
        EXPECT_NE(made.error().message.find("CAP_NET_RAW"), std::string::npos);
        return;
    }
    const auto result = (*made)->measure(0, round(milliseconds(200)));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(ticks_of(*result, kIcmp)->count(), 20u);
}

TEST_F(RttWorkload, under_load_both_directions_are_filled_and_compared_with_idle) {
    for (const char* direction : {"up", "down", "both"}) {
        const auto made = workload({{"protocol", "udp"}, {"load", direction}});
        const auto result = made->measure(0, round(milliseconds(800)));
        ASSERT_TRUE(result) << direction << ": " << result.error().message;
        EXPECT_GT(value_of(*result, kLoadRate).value_or(0), 1e6) << direction;
        EXPECT_TRUE(value_of(*result, kBufferbloat)) << direction;
        EXPECT_GT(value_of(*result, kResponsiveness).value_or(0), 0) << direction;
        EXPECT_FALSE(has(result->findings, "load_died")) << direction;
    }
}

TEST_F(RttWorkload, over_loopback_the_limit_is_the_same_host) {
    const auto result =
        workload({{"protocol", "udp"}, {"load", "up"}})->measure(0, round(milliseconds(400)));
    ASSERT_TRUE(result) << result.error().message;
    const auto limit = std::ranges::find(result->findings, "network_limit", &Finding::id);
    ASSERT_NE(limit, result->findings.end());
    EXPECT_NE(limit->message.find("same_host"), std::string::npos) << limit->message;
}

TEST_F(RttWorkload, a_load_that_the_agents_cap_ends_is_said_loudly) {
    peer_->facts().caps.most_bytes = 1'000'000;
    for (const char* direction : {"up", "down"}) {
        const auto made = workload({{"protocol", "udp"}, {"load", direction}});
        const auto result = made->measure(0, round(milliseconds(800)));
        ASSERT_TRUE(result) << direction << ": " << result.error().message;
        EXPECT_TRUE(has(result->findings, "load_died")) << direction;
    }
}

TEST_F(RttWorkload, a_congestion_control_that_nobody_has_is_refused_with_a_way_out) {
    const auto made = workload({{"protocol", "udp"}, {"load", "down"}, {"congestion", "nosuch"}});
    const auto result = made->measure(0, round(milliseconds(400)));
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("nosuch"), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("--congestion"), std::string::npos);
}

TEST_F(RttWorkload, the_mtu_of_the_loopback_is_what_udp_can_fill) {
    const auto made = workload({{"protocol", "mtu"}});
    const auto result = made->measure(0, round(milliseconds(100)));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(value_of(*result, kPathMtu), 65535.0);
    EXPECT_FALSE(has(result->findings, "mtu_black_hole"));
}

TEST_F(RttWorkload, a_stop_ends_a_long_round_soon) {
    const auto made = workload({{"protocol", "udp"}});
    std::stop_source source;
    RoundRequest longest = round(milliseconds(3'600'000));
    longest.deadline = std::chrono::steady_clock::now() + std::chrono::hours(2);
    longest.stop = source.get_token();
    std::chrono::steady_clock::time_point asked;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(milliseconds(50));
        asked = std::chrono::steady_clock::now();
        source.request_stop();
    });
    const auto result = made->measure(0, longest);
    stopper.join();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::interrupted);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, milliseconds(500));
}

TEST_F(RttWorkload, a_deadline_that_is_near_is_an_error_and_no_number) {
    RoundRequest late = round(milliseconds(100));
    late.deadline = std::chrono::steady_clock::now() + milliseconds(10);
    const auto result = workload({{"protocol", "udp"}})->measure(0, late);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::timed_out);
}

TEST_F(RttWorkload, verify_fails_when_nothing_was_measured) {
    EXPECT_FALSE(workload({{"protocol", "udp"}})->verify());
}

TEST(RttSettings, cases_follow_the_words) {
    const auto count = [](std::map<std::string, std::string, std::less<>> values, Extent extent) {
        return rtt_settings({.values = std::move(values), .extent = extent})->cases.size();
    };
    EXPECT_EQ(count({}, Extent::smoke), 2u);
    EXPECT_EQ(count({}, Extent::quick), 8u);
    EXPECT_EQ(count({}, Extent::deep), 11u);
    EXPECT_EQ(count({{"load", "none"}}, Extent::deep), 6u);
    EXPECT_EQ(count({{"protocol", "tcp"}, {"load", "up"}}, Extent::quick), 1u);
    EXPECT_EQ(count({{"load", "both"}}, Extent::quick), 3u);
}

TEST(RttSettings, limits_are_usage_errors) {
    const auto kind = [](std::map<std::string, std::string, std::less<>> values) {
        const auto settings = rtt_settings({.values = std::move(values)});
        return settings ? std::nullopt : std::optional(settings.error().kind);
    };
    EXPECT_EQ(kind({{"rate", "10001"}}), ErrorKind::usage);
    EXPECT_EQ(kind({{"rate", "1001"}, {"protocol", "icmp"}}), ErrorKind::usage);
    EXPECT_EQ(kind({{"payload", "23"}}), ErrorKind::usage);
    EXPECT_EQ(kind({{"payload", "65508"}}), ErrorKind::usage);
    EXPECT_EQ(kind({{"streams", "17"}}), ErrorKind::usage);
    EXPECT_EQ(kind({{"rate", "10000"}, {"payload", "24"}, {"streams", "16"}}), std::nullopt);
}

TEST(RttSettings, icmp_and_handshakes_are_slow_unless_told) {
    const RttSettings usual = *rtt_settings({});
    EXPECT_EQ(rate_of(usual, Echo::udp), 1000);
    EXPECT_EQ(rate_of(usual, Echo::icmp), 100);
    const RttSettings fast = *rtt_settings({.values = {{"rate", "5000"}}});
    EXPECT_EQ(rate_of(fast, Echo::tcp), 5000);
    EXPECT_EQ(rate_of(fast, Echo::icmp), kMostIcmpPerSecond);
    EXPECT_EQ(rate_of(fast, Echo::syn), kMostIcmpPerSecond);
}

TEST(RttMetrics, ids_begin_with_the_probe) {
    for (const Metric& metric : kRttMetrics)
        EXPECT_TRUE(metric.id.starts_with("network.rtt.")) << metric.id;
}

}  // namespace
}  // namespace assay::network::rtt
