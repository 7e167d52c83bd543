#include "probes/network/udp/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probes/network/udp/judgement.h"
#include "probes/network/udp/metrics.h"
#include "probes/network/udp/roles.h"
#include "tests/support/fake_peer.h"

namespace assay::network::udp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::Field;

RoundRequest round_of(milliseconds duration) {
    return {.duration = duration,
            .seed = 5,
            .stop = {},
            .deadline = std::chrono::steady_clock::now() + seconds(20)};
}

class UdpWorkloadTest : public testing::Test {
  protected:
    std::unique_ptr<Workload> workload(const UdpSettings& settings) {
        auto made =
            make_workload(std::make_shared<test::FakePeer>(kRoles), host_, settings,
                          {{"peer", "fake"}}, {.stop = {}, .deadline = round_of({}).deadline});
        EXPECT_TRUE(made) << made.error().message;
        return made ? std::move(*made) : nullptr;
    }
    static const double* value(const RoundResult& result, const Metric& metric) {
        for (const RoundValue& row : result.values)
            if (row.metric == &metric)
                return &row.value;
        return nullptr;
    }

    host::Host host_ = test::this_host();
};

TEST_F(UdpWorkloadTest, a_search_over_loopback_gives_a_rate_and_says_that_it_is_a_self_test) {
    const auto made = workload({.directions = {Direction::up}, .payload_bytes = 1000});
    ASSERT_TRUE(made);
    ASSERT_EQ(made->cases().size(), 2u);
    EXPECT_EQ(made->cases()[0].name, "lossless, up");
    EXPECT_THAT(made->cases()[0].conditions, Contains(Condition{"payload_bytes", 1000}));
    EXPECT_THAT(made->cases()[0].conditions, Contains(Condition{"peer", "fake"}));
    EXPECT_THAT(made->findings(), Contains(Field(&Finding::id, "self_test")));
    const auto result = made->measure(0, round_of(milliseconds(1500)));
    ASSERT_TRUE(result) << result.error().message;
    if (const double* rate = value(*result, kLosslessRate)) {
        // The loopback carries far more than a fast Ethernet, and less than memory.
        EXPECT_GT(*rate, 1e6);
        EXPECT_LT(*rate, 1e11);
    } else {
        EXPECT_THAT(result->findings, Contains(Field(&Finding::id, "udp_no_lossless_rate")));
    }
    EXPECT_TRUE(made->verify());
}

TEST_F(UdpWorkloadTest, a_set_rate_measures_loss_order_and_jitter_of_single_datagrams) {
    const auto made = workload({.directions = {Direction::up, Direction::down},
                                .payload_bytes = 100,
                                .rate_bytes_per_s = 100'000});
    ASSERT_TRUE(made);
    ASSERT_EQ(made->cases().size(), 2u) << "no search where a rate was given";
    for (std::size_t at = 0; at < 2; ++at) {
        const auto result = made->measure(at, round_of(milliseconds(400)));
        ASSERT_TRUE(result) << result.error().message;
        ASSERT_TRUE(value(*result, kLoss) && value(*result, kReordered) &&
                    value(*result, kDuplicated) && value(*result, kLate) &&
                    value(*result, kJitter));
        EXPECT_EQ(*value(*result, kLoss), 0.0);
        EXPECT_EQ(*value(*result, kReordered), 0.0);
        EXPECT_EQ(*value(*result, kDuplicated), 0.0);
        EXPECT_GT(*value(*result, kJitter), 0.0);
    }
    EXPECT_TRUE(made->verify());
}

TEST_F(UdpWorkloadTest, verify_fails_where_nothing_was_measured) {
    const auto made = workload({.directions = {Direction::up}, .rate_bytes_per_s = 1e5});
    ASSERT_TRUE(made);
    EXPECT_FALSE(made->verify());
}

TEST_F(UdpWorkloadTest, a_round_without_time_is_refused) {
    const auto made = workload({.directions = {Direction::up}});
    ASSERT_TRUE(made);
    RoundRequest now = round_of(milliseconds(500));
    now.deadline = std::chrono::steady_clock::now() + milliseconds(100);
    for (std::size_t at = 0; at < 2; ++at) {
        const auto result = made->measure(at, now);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().kind, ErrorKind::timed_out);
    }
}

Trial trial_with(const Account& account) {
    Trial trial;
    trial.sender.sent = account.offered - account.sender_host;
    trial.sender.elapsed_ns = 1'000'000'000;
    trial.receiver.delivered = account.delivered;
    trial.account = account;
    return trial;
}

TEST(UdpJudgement, drops_of_a_host_are_named_and_not_network_loss) {
    const Trial trial = trial_with({.offered = 1100,
                                    .delivered = 950,
                                    .sender_host = 100,
                                    .receiver_socket = 30,
                                    .receiver_host = 10,
                                    .network = 10});
    const auto findings = findings_of(trial, 1400, 1100);
    EXPECT_THAT(findings, Contains(Field(&Finding::id, "udp_sender_drops")));
    EXPECT_THAT(findings, Contains(Field(&Finding::id, "udp_receiver_drops")));
    EXPECT_THAT(findings, Contains(Field(&Finding::id, "network_limit")));
    EXPECT_EQ(findings.size(), 3u);
    EXPECT_EQ(values_of(trial).front().metric, &kLoss);
    EXPECT_EQ(values_of(trial).front().value, 0.01) << "10 of the 1000 that left the host";
}

TEST(UdpJudgement, contradictions_and_unknown_drops_make_a_round_invalid) {
    Account account{.offered = 10, .delivered = 5, .network = 5};
    account.broken = "more came than was sent";
    account.told_apart = false;
    const auto findings = findings_of(trial_with(account), 1400, 0);
    ASSERT_EQ(findings.size(), 2u);
    for (const Finding& finding : findings)
        EXPECT_EQ(finding.severity, Severity::invalid) << finding.id;
}

TEST(UdpJudgement, a_sender_that_did_not_keep_the_rate_is_named) {
    const Trial trial = trial_with({.offered = 500, .delivered = 500});
    EXPECT_TRUE(findings_of(trial, 1400, 500).empty());
    EXPECT_THAT(findings_of(trial, 1400, 600), Contains(Field(&Finding::id, "udp_sender_bound")));
}

}  // namespace
}  // namespace assay::network::udp
