#include "probes/network/udp/trial.h"

#include <gtest/gtest.h>

#include <thread>

#include "probes/network/udp/datagram.h"
#include "probes/network/udp/engines.h"
#include "probes/network/udp/roles.h"
#include "tests/support/fake_peer.h"

namespace assay::network::udp {
namespace {

using std::chrono::milliseconds;

Interrupt soon() {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20)};
}

class TrialOverLoopback : public testing::TestWithParam<Direction> {
  protected:
    static TrialPlan plan() {
        TrialPlan plan;
        plan.direction = GetParam();
        plan.payload_bytes = 200;
        plan.datagrams_per_s = 2000;
        plan.most_datagrams = 500;
        plan.duration = std::chrono::seconds(10);
        plan.ramp = milliseconds(50);
        plan.time_stamps = true;
        plan.send_engine = "sendmsg";
        plan.receive_engine = "recvmmsg";
        return plan;
    }
    Expected<Trial> play(const TrialPlan& plan) {
        return play_trial(peer_, host_, plan, 77, soon());
    }

    test::FakePeer peer_{kRoles};
    host::Host host_ = test::this_host();
};

TEST_P(TrialOverLoopback, everything_that_is_sent_is_delivered_and_accounted_for) {
    const auto trial = play(plan());
    ASSERT_TRUE(trial) << trial.error().message;
    EXPECT_FALSE(trial->account.broken) << *trial->account.broken;
    EXPECT_EQ(trial->sender.sent, 500u);
    EXPECT_EQ(trial->account.delivered, 500u);
    EXPECT_TRUE(trial->account.lossless());
    EXPECT_EQ(trial->receiver.foreign, 0u);
    EXPECT_EQ(trial->receiver.wrong_fillers, 0u);
    EXPECT_GT(trial->receiver.checked_fillers, 0u);
    EXPECT_TRUE(trial->receiver.jitter_ns);
    EXPECT_EQ(trial->receiver.socket_drops, 0u);
    EXPECT_EQ(trial->receiver.host_drops, 0u);
    EXPECT_EQ(trial->sender.engine, "sendmsg");
    EXPECT_EQ(trial->receiver.engine, "recvmmsg");
    EXPECT_GT(trial->receiver.receive_buffer_bytes, 0u);
    // 500 at 2000 a second; a busy host can only make it slower.
    EXPECT_GE(trial->sender.elapsed_ns, 249'000'000u);
}

TEST_P(TrialOverLoopback, every_pair_of_engines_carries_the_same_datagrams) {
    for (const SendEngine sending : kSendEngines)
        for (const ReceiveEngine receiving : kReceiveEngines) {
            TrialPlan with = plan();
            with.datagrams_per_s = 50'000;
            with.most_datagrams = 5000;
            with.send_engine = name_of(sending);
            with.receive_engine = name_of(receiving);
            const auto trial = play(with);
            ASSERT_TRUE(trial) << trial.error().message;
            EXPECT_FALSE(trial->account.broken) << *trial->account.broken;
            EXPECT_TRUE(trial->account.lossless())
                << with.send_engine << " to " << with.receive_engine;
            EXPECT_EQ(trial->account.delivered, 5000u);
            EXPECT_EQ(trial->receiver.wrong_fillers + trial->receiver.foreign, 0u);
            EXPECT_EQ(trial->sender.engine, with.send_engine);
            EXPECT_EQ(trial->receiver.engine, with.receive_engine);
        }
}

TEST_P(TrialOverLoopback, engines_are_chosen_within_half_a_second_where_none_is_named) {
    TrialPlan automatic = plan();
    automatic.send_engine = automatic.receive_engine = "auto";
    automatic.most_datagrams = 10;
    const auto begin = std::chrono::steady_clock::now();
    const auto trial = play(automatic);
    ASSERT_TRUE(trial) << trial.error().message;
    EXPECT_TRUE(send_engine_of(trial->sender.engine));
    EXPECT_TRUE(receive_engine_of(trial->receiver.engine));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1500))
        << "both choices, the trial and its end";
}

TEST_P(TrialOverLoopback, the_agents_caps_bind_whoever_sends) {
    peer_.facts().caps.most_bytes = 200 * 100;
    const auto trial = play(plan());
    ASSERT_TRUE(trial) << trial.error().message;
    EXPECT_EQ(trial->sender.sent, 100u);
    peer_.facts().caps = {.most_bytes_per_s = 200 * 1000, .longest = milliseconds(300)};
    const auto slower = play(plan());
    ASSERT_TRUE(slower) << slower.error().message;
    EXPECT_LE(slower->sender.sent, 301u) << "0.3 s of 1000 datagrams a second";
}

TEST_P(TrialOverLoopback, a_payload_above_the_path_is_refused_with_what_would_fit) {
    TrialPlan large = plan();
    large.payload_bytes = kMostPayload;
    // The loopback's MTU is 65536, so this fits to the byte.
    EXPECT_TRUE(play(large)) << play(large).error().message;
    large.payload_bytes = kMostPayload + 1;
    EXPECT_FALSE(play(large));
}

TEST_P(TrialOverLoopback, a_stop_request_ends_a_trial_that_would_last_minutes) {
    std::stop_source source;
    const Interrupt interrupt{.stop = source.get_token(),
                              .deadline = std::chrono::steady_clock::now() + std::chrono::hours(1)};
    TrialPlan endless = plan();
    endless.most_datagrams = 0;
    endless.duration = std::chrono::seconds(100);
    SteadyTime stopped;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(milliseconds(300));
        stopped = std::chrono::steady_clock::now();
        source.request_stop();
    });
    const auto trial = play_trial(peer_, host_, endless, 1, interrupt);
    const auto left = std::chrono::steady_clock::now() - stopped;
    ASSERT_FALSE(trial);
    EXPECT_EQ(trial.error().kind, ErrorKind::interrupted);
    EXPECT_LT(left, milliseconds(500)) << "100 ms where the host is quiet";
}

INSTANTIATE_TEST_SUITE_P(Directions, TrialOverLoopback,
                         testing::Values(Direction::up, Direction::down),
                         [](const auto& direction) {
                             return std::string(name_of(direction.param));
                         });

}  // namespace
}  // namespace assay::network::udp
