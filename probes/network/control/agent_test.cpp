#include "probes/network/control/agent.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "probes/network/control/peer.h"
#include "probes/network/control/ticket.h"
#include "tests/support/echo_role.h"
#include "tests/support/raw_prober.h"
#include "tests/support/running_agent.h"

/// What the agent does for probers that have its key. What it does against everybody else is in
/// agent_security_test.cpp.
namespace assay::network::control {
namespace {

using test::EchoWishes;
using test::RunningAgent;
using test::within;
using Clock = std::chrono::steady_clock;

Expected<std::shared_ptr<LivePeer>> connected(const PeerAddress& address) {
    return connect_to_peer(test::this_host(), address, within());
}

/// A test with one echoing TCP stream that plays.
struct Playing {
    std::unique_ptr<Test> test;
    Socket stream;
};
Expected<Playing> playing(Peer& peer, const EchoWishes& wishes = {.udp = false}) {
    Playing made;
    ASSAY_TRY(made.test, peer.begin("test.echo", wishes.encode(), within()));
    ASSAY_TRY(made.stream, made.test->door().tcp_stream(0, within()));
    ASSAY_TRY_VOID(made.test->prepared(within()));
    ASSAY_TRY_VOID(made.test->start(within()));
    return made;
}

TEST(Agent, tells_who_it_is_and_what_it_allows) {
    AgentSettings settings;
    settings.caps = {.most_bytes_per_s = 5e6,
                     .most_bytes = 7'000'000,
                     .longest = std::chrono::seconds(9),
                     .most_streams = 3};
    const RunningAgent agent(settings);
    ASSERT_EQ(agent.trouble(), "");
    const auto peer = connected(agent.address());
    ASSERT_TRUE(peer) << peer.error().message;
    const PeerFacts& facts = (*peer)->facts();
    EXPECT_EQ(facts.caps.most_bytes_per_s, 5e6);
    EXPECT_EQ(facts.caps.most_bytes, 7'000'000u);
    EXPECT_EQ(facts.caps.longest, std::chrono::seconds(9));
    EXPECT_EQ(facts.caps.most_streams, 3u);
    EXPECT_EQ(facts.agent_id.size(), 32u);
    EXPECT_TRUE(facts.same_host);
    EXPECT_EQ(facts.address, agent.endpoint().text());
    EXPECT_TRUE(facts.environment.has("kernel.release") || facts.environment.size() > 0);
}

TEST(Agent, works_over_ipv6_too) {
    AgentSettings settings;
    settings.listen = {*Endpoint::of_address("::1", 0)};
    const RunningAgent agent(settings);
    if (!agent.trouble().empty())
        GTEST_SKIP() << agent.trouble();
    const auto peer = connected(agent.address());
    ASSERT_TRUE(peer) << peer.error().message;
    const auto test = (*peer)->begin("test.echo", EchoWishes{}.encode(), within());
    ASSERT_TRUE(test) << test.error().message;
    const auto stream = (*test)->door().tcp_stream(0, within());
    const auto flow = (*test)->door().udp_flow(0, within());
    ASSERT_TRUE(stream) << stream.error().message;
    ASSERT_TRUE(flow) << flow.error().message;
    ASSERT_TRUE((*test)->prepared(within()));
    ASSERT_TRUE((*test)->start(within()));
    EXPECT_EQ(test::echoed(*stream, "six"), "six");
    EXPECT_EQ(test::echoed(*flow, "6"), "6");
}

TEST(Agent, a_prober_of_the_minor_version_before_talks_and_measures) {
    const RunningAgent agent;
    PeerAddress old = agent.address();
    old.versions = {.major = kMajor, .least_minor = 0, .most_minor = kMostMinor - 1};
    const auto peer = connected(old);
    ASSERT_TRUE(peer) << peer.error().message;
    auto test = playing(**peer);
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_EQ(test::echoed(test->stream, "old"), "old");
    // It shows its life by the control connection alone, and that is enough.
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    const auto report = test->test->finish(within());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(*report->count("tcp_bytes", 100), 3u);
}

TEST(Agent, a_prober_of_a_version_that_is_too_old_or_too_new_gets_a_sentence) {
    RunningAgent agent;
    for (const Versions versions : {Versions{0, 0, 9}, Versions{kMajor + 1, 0, 0},
                                    Versions{kMajor, kMostMinor + 1, kMostMinor + 5}}) {
        PeerAddress other = agent.address();
        other.versions = versions;
        const auto peer = connected(other);
        ASSERT_FALSE(peer);
        EXPECT_EQ(peer.error().kind, ErrorKind::unsupported) << peer.error().message;
        EXPECT_NE(peer.error().message.find("install a newer assay"), std::string::npos);
    }
    EXPECT_TRUE(connected(agent.address())) << "the agent stays up";
}

TEST(Agent, tests_wait_their_turn_and_are_told_their_place) {
    RunningAgent agent;
    const auto first = connected(agent.address());
    const auto second = connected(agent.address());
    ASSERT_TRUE(first && second);
    auto running = playing(**first);
    ASSERT_TRUE(running) << running.error().message;
    const auto impatient = (*second)->begin("test.echo", EchoWishes{.udp = false}.encode(),
                                            within(std::chrono::milliseconds(300)));
    ASSERT_FALSE(impatient);
    EXPECT_EQ(impatient.error().kind, ErrorKind::timed_out);
    EXPECT_NE(impatient.error().message.find("place 1 in the queue"), std::string::npos)
        << impatient.error().message;
    std::jthread ends_soon([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        EXPECT_TRUE(running->test->finish(within()));
    });
    auto next = playing(**second);
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ(test::echoed(next->stream, "my turn"), "my turn");
}

/// A raw prober whose test plays.
Expected<test::RawProber> raw_player(const PeerAddress& address,
                                     const std::string& role = "test.echo") {
    ASSAY_TRY(test::RawProber prober, test::RawProber::connect(address));
    ASSAY_TRY_VOID(prober.greet());
    ASSAY_TRY_VOID(prober.begin_echo(1, false, false, role));
    ASSAY_TRY_VOID(prober.hear());  // prepared
    ASSAY_TRY_VOID(prober.say(Frame::of(FrameType::start, 1)));
    ASSAY_TRY_VOID(prober.hear());  // started
    return prober;
}

TEST(Agent, stops_the_role_within_a_second_when_its_prober_falls_silent) {
    RunningAgent agent;
    auto prober = raw_player(agent.address());
    ASSERT_TRUE(prober) << prober.error().message;
    const auto silent_since = Clock::now();
    EXPECT_TRUE(agent.has_told("test.echo: over")) << agent.told();
    const auto took = Clock::now() - silent_since;
    EXPECT_GT(took, std::chrono::milliseconds(700));
    EXPECT_LT(took, std::chrono::milliseconds(1400));
    EXPECT_TRUE(agent.has_told("no sign of life for 1 s")) << agent.told();
    EXPECT_TRUE(connected(agent.address())) << "the agent stays up";
}

TEST(Agent, waits_5_s_for_a_silent_prober_while_its_role_only_receives) {
    RunningAgent agent;
    auto prober = raw_player(agent.address(), "test.receive");
    ASSERT_TRUE(prober) << prober.error().message;
    const auto silent_since = Clock::now();
    while (!agent.has_told("test.receive: over") &&
           Clock::now() - silent_since < std::chrono::seconds(8)) {
    }
    const auto took = Clock::now() - silent_since;
    EXPECT_GT(took, std::chrono::milliseconds(4700));
    EXPECT_LT(took, std::chrono::milliseconds(5500));
}

TEST(Agent, stops_the_role_at_once_when_the_control_connection_is_lost) {
    RunningAgent agent;
    {
        auto prober = raw_player(agent.address());
        ASSERT_TRUE(prober) << prober.error().message;
    }  // closed without a goodbye
    const auto lost = Clock::now();
    EXPECT_TRUE(agent.has_told("test.echo: over")) << agent.told();
    EXPECT_LT(Clock::now() - lost, std::chrono::milliseconds(500));
}

TEST(Agent, signs_of_life_by_udp_alone_keep_a_test_alive_and_forged_ones_do_not) {
    RunningAgent agent;
    for (const bool genuine : {true, false}) {
        auto prober = test::RawProber::connect(agent.address());
        ASSERT_TRUE(prober);
        const auto session = prober->greet();
        ASSERT_TRUE(session);
        ASSERT_TRUE(prober->begin_echo(1, false, false));
        const auto key = genuine ? prober->line().export_key(0) : make_key();
        const Socket life(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::connect(life.descriptor(), prober->agent().address(), prober->agent().size()),
                  0);
        for (std::uint64_t beat = 1; beat <= 16; ++beat) {
            const auto bytes =
                PathDatagram{.type = PathDatagram::Type::life, .index = *session, .nonce = beat}
                    .signed_with(*key)
                    .encode();
            ASSERT_EQ(::send(life.descriptor(), bytes.data(), bytes.size(), 0),
                      static_cast<ssize_t>(bytes.size()));
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        EXPECT_EQ(agent.told().find("no sign of life") == std::string::npos, genuine)
            << agent.told();
    }
}

TEST(Agent, a_role_is_stopped_at_the_longest_duration_that_the_operator_allows) {
    AgentSettings settings;
    settings.caps.longest = std::chrono::milliseconds(300);
    RunningAgent agent(settings);
    const auto peer = connected(agent.address());
    ASSERT_TRUE(peer);
    const auto begin = Clock::now();
    auto test = playing(**peer);
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_TRUE(agent.has_told("ended early")) << agent.told();
    EXPECT_LT(Clock::now() - begin, std::chrono::milliseconds(800));
    const auto report = test->test->finish(within());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::timed_out);
}

TEST(Agent, once_means_that_it_ends_after_the_first_prober_that_ran_a_test) {
    AgentSettings settings;
    settings.once = true;
    RunningAgent agent(settings);
    EXPECT_TRUE(connected(agent.address())) << "one that only looks does not count";
    {
        const auto peer = connected(agent.address());
        ASSERT_TRUE(peer);
        auto test = playing(**peer);
        ASSERT_TRUE(test) << test.error().message;
        EXPECT_TRUE(test->test->finish(within()));
    }
    EXPECT_TRUE(agent.has_ended()) << agent.told();
}

TEST(Agent, progress_comes_while_the_role_plays) {
    RunningAgent agent;
    const auto peer = connected(agent.address());
    ASSERT_TRUE(peer);
    auto test = playing(**peer);
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_EQ(test::echoed(test->stream, "12345"), "12345");
    const auto end = Clock::now() + std::chrono::seconds(2);
    std::uint64_t seen = 0;
    while (seen != 5 && Clock::now() < end) {
        const auto progress = test->test->progress();
        ASSERT_TRUE(progress);
        if (progress->has("tcp_bytes"))
            seen = *progress->count("tcp_bytes", 100);
    }
    EXPECT_EQ(seen, 5u);
}

TEST(Agent, the_last_progress_of_a_role_that_ended_by_itself_comes_too) {
    RunningAgent agent;
    const auto peer = connected(agent.address());
    ASSERT_TRUE(peer);
    const auto test = (*peer)->begin("test.brief", {}, within());
    ASSERT_TRUE(test) << test.error().message;
    ASSERT_TRUE((*test)->prepared(within()));
    ASSERT_TRUE((*test)->start(within()));
    const auto end = Clock::now() + std::chrono::seconds(2);
    bool is_done = false;
    while (!is_done && Clock::now() < end) {
        const auto progress = (*test)->progress();
        ASSERT_TRUE(progress) << progress.error().message;
        is_done = progress->has("done") && *progress->count("done", 1) == 1;
    }
    EXPECT_TRUE(is_done) << "a prober would wait for it in vain";
    EXPECT_TRUE((*test)->finish(within()));
}

TEST(Agent, a_stop_request_ends_a_wait_within_a_tenth_of_a_second) {
    RunningAgent agent;
    const auto peer = connected(agent.address());
    ASSERT_TRUE(peer);
    auto test = playing(**peer);
    ASSERT_TRUE(test);
    const auto other = connected(agent.address());
    ASSERT_TRUE(other);
    std::stop_source stop;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        stop.request_stop();
    });
    const auto begin = Clock::now();
    const auto waiting =
        (*other)->begin("test.echo", EchoWishes{}.encode(),
                        {.stop = stop.get_token(), .deadline = begin + std::chrono::seconds(10)});
    ASSERT_FALSE(waiting);
    EXPECT_EQ(waiting.error().kind, ErrorKind::interrupted);
    EXPECT_LT(Clock::now() - begin, std::chrono::milliseconds(250));
}

}  // namespace
}  // namespace assay::network::control
