#include "probes/network/tcp/tcp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "probes/network/tcp/metrics.h"

namespace assay::network {
namespace {

using std::chrono::milliseconds;

class TcpProbe : public testing::Test {
  protected:
    std::unique_ptr<Workload> prepared(const Request& request) {
        auto workload = kTcp.prepare(context_, request);
        EXPECT_TRUE(workload) << workload.error().message;
        return workload ? std::move(*workload) : nullptr;
    }
    static RoundRequest round(std::chrono::nanoseconds duration) {
        return {.duration = duration,
                .seed = 7,
                .stop = {},
                .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20)};
    }

    host::Host host_{.files = host::Files("/"),
                     .clock = host::Clock(host::Files("/")),
                     .topology = {},
                     .cgroup = {}};
    RunContext context_{.host = host_, .stop = {}, .prepare_deadline = {}};
};

double value_of(const RoundResult& result, const Metric& metric) {
    const auto found = std::ranges::find(result.values, &metric, &RoundValue::metric);
    EXPECT_NE(found, result.values.end());
    return found == result.values.end() ? 0 : found->value;
}

TEST_F(TcpProbe, measures_one_and_four_streams_unless_told_how_many) {
    const auto workload = prepared({});
    ASSERT_EQ(workload->cases().size(), 2u);
    EXPECT_EQ(workload->cases()[0].name, "1 stream");
    EXPECT_EQ(workload->cases()[1].name, "4 streams");
    const auto seven = prepared({.values = {{"streams", "7"}}});
    ASSERT_EQ(seven->cases().size(), 1u);
    EXPECT_EQ(seven->cases()[0].name, "7 streams");
}

TEST_F(TcpProbe, conditions_say_what_one_must_repeat) {
    const auto workload = prepared({.values = {{"streams", "2"}}});
    const auto& conditions = workload->cases()[0].conditions;
    ASSERT_EQ(conditions.size(), 5u);
    EXPECT_EQ(conditions[0], (Condition{"streams", 2}));
    EXPECT_EQ(conditions[1], (Condition{"direction", "up"}));
    EXPECT_EQ(conditions[2], (Condition{"peer", "self-test"}));
    EXPECT_EQ(conditions[3].name, "congestion_control");
    EXPECT_FALSE(conditions[3].value.is_null());
    EXPECT_EQ(conditions[4].name, "family");
}

TEST_F(TcpProbe, is_labelled_self_test) {
    const auto findings = prepared({})->findings();
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].id, "self_test");
}

TEST_F(TcpProbe, a_round_gives_both_metrics_and_can_be_verified) {
    const auto workload = prepared({});
    for (std::size_t at = 0; at < workload->cases().size(); ++at) {
        const auto result = workload->measure(at, round(milliseconds(120)));
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_GT(value_of(*result, kTcpBandwidth), 0);
        EXPECT_GE(value_of(*result, kTcpRetransmits), 0);
        EXPECT_FALSE(result->cpu_use);
    }
    const auto verified = workload->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST_F(TcpProbe, verify_fails_when_nothing_was_measured) {
    EXPECT_FALSE(prepared({})->verify());
}

TEST_F(TcpProbe, a_deadline_that_is_over_is_an_error_and_no_number) {
    RoundRequest late = round(milliseconds(120));
    late.deadline = std::chrono::steady_clock::now();
    const auto result = prepared({})->measure(0, late);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::timed_out);
}

TEST_F(TcpProbe, a_near_deadline_shortens_the_round) {
    RoundRequest near = round(std::chrono::hours(1));
    near.deadline = std::chrono::steady_clock::now() + milliseconds(600);
    const auto result = prepared({})->measure(0, near);
    EXPECT_TRUE(result) << result.error().message;
}

TEST_F(TcpProbe, a_stop_request_interrupts_a_long_round) {
    const auto workload = prepared({});
    std::stop_source source;
    RoundRequest longest = round(std::chrono::hours(1));
    longest.deadline = std::chrono::steady_clock::now() + std::chrono::hours(2);
    longest.stop = source.get_token();
    const std::jthread stopper([&] { source.request_stop(); });
    const auto result = workload->measure(1, longest);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::interrupted);
}

TEST_F(TcpProbe, a_peer_is_blocked_and_the_way_out_is_named) {
    const Request request{.values = {{"peer", "192.0.2.1:7000"}}};
    const auto lines = kTcp.check(context_, request);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].level, CheckLevel::block);
    EXPECT_EQ(lines[0].kind, ErrorKind::unavailable);
    EXPECT_NE(lines[0].message.find("SELF-TEST"), std::string::npos);
    EXPECT_NE(lines[0].message.find("192.0.2.1:7000"), std::string::npos);
    EXPECT_EQ(kTcp.prepare(context_, request).error().kind, ErrorKind::unavailable);
    EXPECT_EQ(kTcp.plan(context_, request).error().kind, ErrorKind::unavailable);
}

TEST_F(TcpProbe, streams_beyond_the_limit_are_a_usage_error) {
    for (const char* streams : {"0", "129", "four"}) {
        const Request request{.values = {{"streams", streams}}};
        EXPECT_EQ(kTcp.check(context_, request).at(0).kind, ErrorKind::usage) << streams;
        EXPECT_EQ(kTcp.prepare(context_, request).error().kind, ErrorKind::usage) << streams;
    }
    EXPECT_TRUE(kTcp.prepare(context_, {.values = {{"streams", "128"}}}));
}

TEST_F(TcpProbe, the_plan_says_that_nothing_leaves_this_host) {
    const auto plan = kTcp.plan(context_, {});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->bytes_sent, 0u);
    EXPECT_EQ(plan->bytes_written, 0u);
    EXPECT_EQ(plan->cases, 2u);
    EXPECT_EQ(plan->threads, 8u);
    EXPECT_NE(plan->note.find("SELF-TEST"), std::string::npos);
}

TEST_F(TcpProbe, the_check_passes_on_a_host_with_a_loopback) {
    const auto lines = kTcp.check(context_, {});
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines[0].level, CheckLevel::ok) << lines[0].message;
}

TEST(TcpMetrics, ids_begin_with_the_probe) {
    for (const Metric& metric : kTcp.metrics)
        EXPECT_TRUE(metric.id.starts_with("network.tcp.")) << metric.id;
}

}  // namespace
}  // namespace assay::network
