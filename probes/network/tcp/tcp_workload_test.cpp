#include "probes/network/tcp/tcp_workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "probes/network/tcp/metrics.h"
#include "probes/network/tcp/tcp_role.h"
#include "tests/support/fake_peer.h"

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

const RoundValue* value_of(const RoundResult& result, const Metric& metric) {
    const auto found = std::ranges::find(result.values, &metric, &RoundValue::metric);
    return found == result.values.end() ? nullptr : &*found;
}

class TcpRounds : public testing::Test {
  protected:
    TcpWorkload workload(std::vector<TcpCase> cases) {
        return {host_,
                peer_,
                {.cases = std::move(cases), .congestion = std::nullopt, .dscp = std::nullopt},
                {{"peer", "self-test"}, {"family", "ipv4"}}};
    }
    static RoundRequest round(std::chrono::nanoseconds duration) {
        return {.duration = duration,
                .seed = 7,
                .stop = {},
                .deadline = steady_clock::now() + seconds(20)};
    }

    /// A round, or the third of three: on a host that is busy with other work one may stay empty.
    static Expected<RoundResult> measured(TcpWorkload& workload, std::size_t at,
                                          std::chrono::nanoseconds duration) {
        for (int attempt = 0; attempt < 2; ++attempt)
            if (auto result = workload.measure(at, round(duration)))
                return result;
        return workload.measure(at, round(duration));
    }

    host::Host host_ = test::this_host();
    std::shared_ptr<test::FakePeer> peer_ = std::make_shared<test::FakePeer>(tcp_roles());
};

TEST_F(TcpRounds, conditions_say_what_one_must_repeat) {
    TcpSettings settings{
        .cases = {{2, Direction::down, Mode::path}}, .congestion = "cubic", .dscp = 46};
    const TcpWorkload one(host_, peer_, settings, {{"peer", "fake"}});
    const std::vector<Condition> expected{
        {"streams", 2},   {"direction", "down"},           {"mode", "path"},
        {"peer", "fake"}, {"congestion_control", "cubic"}, {"dscp", 46}};
    EXPECT_EQ(one.cases()[0].conditions, expected);
    EXPECT_EQ(one.cases()[0].name, "2 streams, down, path");
    const auto up = workload({{1, Direction::up}});
    EXPECT_EQ(up.cases()[0].conditions.back().name, "congestion_control");
    EXPECT_FALSE(up.cases()[0].conditions.back().value.is_null());
}

TEST_F(TcpRounds, a_peer_on_this_host_is_labelled_self_test_and_another_is_not) {
    EXPECT_EQ(workload({{}}).findings().at(0).id, "self_test");
    peer_->facts().same_host = false;
    EXPECT_TRUE(workload({{}}).findings().empty());
}

TEST_F(TcpRounds, each_direction_and_mode_gives_its_metrics_and_can_be_verified) {
    auto all = workload({{1, Direction::up},
                         {3, Direction::down},
                         {2, Direction::both},
                         {1, Direction::up, Mode::path}});
    for (std::size_t at = 0; at < all.cases().size(); ++at) {
        const auto result = measured(all, at, milliseconds(400));
        ASSERT_TRUE(result) << all.cases()[at].name << ": " << result.error().message;
        const bool path = at == 3;
        const RoundValue* rate = value_of(*result, path ? kTcpPathCapacity : kTcpBandwidth);
        ASSERT_TRUE(rate) << all.cases()[at].name;
        EXPECT_GT(rate->value, 1e6);
        EXPECT_EQ(value_of(*result, path ? kTcpBandwidth : kTcpPathCapacity), nullptr);
        EXPECT_TRUE(value_of(*result, kTcpRetransmits));
        ASSERT_TRUE(value_of(*result, kTcpCpuPerGigabyte));
        EXPECT_GT(value_of(*result, kTcpCpuPerGigabyte)->value, 0);
        EXPECT_GT(value_of(*result, kTcpRampTime)->value, 0);
        const RoundValue* fairness = value_of(*result, kTcpFairness);
        EXPECT_EQ(fairness != nullptr, at == 1 || at == 2);
        if (fairness != nullptr) {
            EXPECT_LE(fairness->value, 1);
        }
        // The series of the window adds up to its rate.
        ASSERT_FALSE(rate->series.empty());
        double sum = 0;
        for (const SeriesPoint& point : rate->series)
            sum += point.per_second;
        EXPECT_NEAR(sum / static_cast<double>(rate->series.size()), rate->value,
                    1e-6 * rate->value);
        EXPECT_FALSE(result->cpu_use);
    }
    const auto verified = all.verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST_F(TcpRounds, verify_fails_when_nothing_was_measured) {
    EXPECT_FALSE(workload({{}}).verify());
}

TEST_F(TcpRounds, the_operators_caps_shorten_a_round_or_are_named) {
    peer_->facts().caps.longest = milliseconds(300);
    const SteadyTime began = steady_clock::now();
    auto bounded = workload({{1, Direction::up}, {600, Direction::up}});
    const auto result = measured(bounded, 0, seconds(10));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_LT(steady_clock::now() - began, seconds(3));
    peer_->facts().caps = {.most_bytes = 1 << 20};
    const auto cut = bounded.measure(0, round(seconds(2)));
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().kind, ErrorKind::unavailable) << cut.error().message;
    peer_->facts().caps = {.most_streams = 2};
    auto many = workload({{3, Direction::up}});
    EXPECT_EQ(many.measure(0, round(milliseconds(300))).error().kind, ErrorKind::usage);
}

TEST_F(TcpRounds, an_agent_that_knows_no_tcp_is_told_apart) {
    peer_ = std::make_shared<test::FakePeer>(std::span<const control::RoleRow>());
    auto one = workload({{}});
    EXPECT_EQ(one.measure(0, round(milliseconds(100))).error().kind, ErrorKind::unsupported);
}

TEST_F(TcpRounds, a_deadline_that_is_over_is_an_error_and_a_near_one_shortens_the_round) {
    auto one = workload({{}});
    RoundRequest late = round(milliseconds(120));
    late.deadline = steady_clock::now();
    EXPECT_EQ(one.measure(0, late).error().kind, ErrorKind::timed_out);
    const SteadyTime began = steady_clock::now();
    RoundRequest near = round(std::chrono::hours(1));
    near.deadline = began + seconds(3);
    const auto result = one.measure(0, near);
    // On a busy host it may come too late, but it ends.
    if (!result) {
        EXPECT_EQ(result.error().kind, ErrorKind::timed_out) << result.error().message;
    }
    EXPECT_LT(steady_clock::now() - began, milliseconds(3500));
}

TEST_F(TcpRounds, a_stop_request_interrupts_a_long_round) {
    auto one = workload({{4, Direction::both}});
    std::stop_source source;
    RoundRequest longest = round(seconds(100));
    longest.deadline = steady_clock::now() + std::chrono::hours(2);
    longest.stop = source.get_token();
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(milliseconds(200));
        source.request_stop();
    });
    EXPECT_EQ(one.measure(0, longest).error().kind, ErrorKind::interrupted);
}

TEST_F(TcpRounds, five_hundred_streams_share_the_threads) {
    auto many = workload({{500, Direction::up}});
    // A host that is busy with other work serves some streams less: three attempts.
    double fairness = 0;
    for (int attempt = 0; attempt < 3 && fairness <= 0.5; ++attempt) {
        const auto result = measured(many, 0, seconds(2));
        ASSERT_TRUE(result) << result.error().message;
        fairness = value_of(*result, kTcpFairness)->value;
    }
    EXPECT_GT(fairness, 0.5);
    const auto verified = many.verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST(SplitRound, the_ramp_is_a_quarter_and_never_over_five_seconds) {
    EXPECT_EQ(split_round(milliseconds(400)).longest_ramp, milliseconds(100));
    EXPECT_EQ(split_round(milliseconds(400)).window, milliseconds(300));
    EXPECT_EQ(split_round(seconds(60)).longest_ramp, seconds(5));
    EXPECT_EQ(split_round(seconds(60)).window, seconds(55));
}

/// 1 s at 100 MB/s in one stream, no delay.
Flow flow() {
    Flow one;
    one.receiver.window = seconds(1);
    one.receiver.stream_bytes = {100'000'000};
    one.receiver.total_bytes = 130'000'000;
    one.receiver.bytes_at_close = 125'000'000;
    one.receiver.receive_buffer_bytes = 1'000'000;
    one.sender.taken_bytes = 130'000'000;
    one.sender.unsent_bytes = 3'000'000;
    one.sender.unacked_bytes = 2'000'000;
    return one;
}

TEST(DifferenceOfEnds, what_the_kernel_has_not_delivered_is_no_difference) {
    EXPECT_FALSE(difference_of_ends(flow()));
}

TEST(DifferenceOfEnds, what_was_acknowledged_and_did_not_come_is_a_finding) {
    // May be on the way: 1 MB in the buffer, and 1 MB in 10 ms. So 2 MB more are not explained by
    // it.
    Flow one = flow();
    one.sender.taken_bytes += 2'100'000;
    const auto finding = difference_of_ends(one);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "tcp_ends_differ");
    one.sender.taken_bytes -= 200'000;
    EXPECT_FALSE(difference_of_ends(one));
}

TEST(RoundOfFlows, the_series_is_of_equal_stretches_though_the_looks_were_not) {
    Flow one = flow();
    // 100 B/s for 0.7 s, then 300 B/s; the third look came late.
    one.receiver.stream_bytes = {160};
    one.receiver.series = {{milliseconds(0), 0},
                           {milliseconds(250), 25},
                           {milliseconds(700), 70},
                           {milliseconds(750), 85},
                           {milliseconds(1000), 160}};
    const RoundResult result = result_of({1, Direction::up}, {one});
    const RoundValue& rate = *value_of(result, kTcpBandwidth);
    ASSERT_EQ(rate.series.size(), 4u);
    EXPECT_DOUBLE_EQ(rate.series_interval_s, 0.25);
    EXPECT_NEAR(rate.series[0].per_second, 100, 1e-9);
    EXPECT_NEAR(rate.series[1].per_second, 100, 1e-9);
    EXPECT_NEAR(rate.series[2].per_second, 140, 1e-9);
    EXPECT_NEAR(rate.series[3].per_second, 300, 1e-9);
}

TEST(RoundOfFlows, both_directions_add_up) {
    Flow down = flow();
    down.receiver.stream_bytes = {300'000'000};
    down.receiver.window = seconds(2);
    const RoundResult result = result_of({1, Direction::both}, {flow(), down});
    EXPECT_DOUBLE_EQ(value_of(result, kTcpBandwidth)->value, 250e6);
    EXPECT_EQ(value_of(result, kTcpRetransmits), nullptr) << "no ticks, no count";
    // (1+3)^2 / (2 * (1+9)).
    EXPECT_DOUBLE_EQ(value_of(result, kTcpFairness)->value, 0.8);
}

}  // namespace
}  // namespace assay::network::tcp
