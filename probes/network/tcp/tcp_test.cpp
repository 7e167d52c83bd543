#include "probes/network/tcp/tcp.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "probes/network/tcp/metrics.h"
#include "tests/support/fake_peer.h"

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TcpProbe : public testing::Test {
  protected:
    host::Host host_ = test::this_host();
    RunContext context_{.host = host_,
                        .stop = {},
                        .prepare_deadline = std::chrono::steady_clock::now() + seconds(10)};
};

TEST_F(TcpProbe, a_self_test_goes_through_the_protocol_and_can_be_verified) {
    const auto workload = kTcp.prepare(context_, {.values = {{"streams", "2"}}});
    ASSERT_TRUE(workload) << workload.error().message;
    const Case& only = (*workload)->cases()[0];
    const auto peer = std::ranges::find(only.conditions, "peer", &Condition::name);
    ASSERT_NE(peer, only.conditions.end());
    EXPECT_EQ(peer->value, Value("self-test"));
    EXPECT_EQ((*workload)->findings().at(0).id, "self_test");
    for (int round = 0; round < 2; ++round) {
        const auto result =
            (*workload)->measure(0, {.duration = milliseconds(200),
                                     .seed = 7,
                                     .stop = {},
                                     .deadline = std::chrono::steady_clock::now() + seconds(20)});
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->values[0].metric, &kTcpBandwidth);
        EXPECT_GT(result->values[0].value, 1e6);
    }
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST_F(TcpProbe, words_that_make_no_sense_block_it) {
    for (const char* streams : {"0", "513", "four"}) {
        const Request request{.values = {{"streams", streams}}};
        EXPECT_EQ(kTcp.check(context_, request).at(0).level, CheckLevel::block) << streams;
        EXPECT_EQ(kTcp.check(context_, request).at(0).kind, ErrorKind::usage) << streams;
        EXPECT_EQ(kTcp.plan(context_, request).error().kind, ErrorKind::usage) << streams;
        EXPECT_EQ(kTcp.prepare(context_, request).error().kind, ErrorKind::usage) << streams;
    }
}

TEST_F(TcpProbe, the_plan_says_that_nothing_leaves_this_host) {
    const auto plan = kTcp.plan(context_, {});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->bytes_sent, 0u);
    EXPECT_EQ(plan->bytes_written, 0u);
    EXPECT_EQ(plan->cases, 2u);
    EXPECT_NE(plan->note.find("SELF-TEST"), std::string::npos);
    EXPECT_EQ(kTcp.check(context_, {}).at(0).level, CheckLevel::ok);
}

TEST(TcpMetrics, ids_begin_with_the_probe) {
    for (const Metric& metric : kTcp.metrics)
        EXPECT_TRUE(metric.id.starts_with("network.tcp.")) << metric.id;
}

}  // namespace
}  // namespace assay::network::tcp
