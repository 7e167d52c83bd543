#include "probes/network/control/caps_watch.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "probes/network/control/agent.h"
#include "probes/network/control/peer.h"
#include "tests/support/running_agent.h"

/// What the operator allows, against a role of the agent itself that keeps to nothing.
namespace assay::network::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RunningAgent;
using test::within;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kPieceBytes = 8192;
/// No role here goes on for longer, stopped or not, so that a test that fails ends too.
constexpr seconds kLongestDefiance{8};

/// Takes as many connections as it is asked to and sends on all of them at once, as fast as they
/// take it, whatever its caps are and however often it is told to leave.
class Unruly : public Role {
  public:
    Unruly(std::uint64_t streams, std::uint64_t flows, bool sends)
        : streams_(streams), flows_(flows), sends_(sends) {}

    Expected<Fields> prepare(RoleContext& context, const Interrupt& interrupt) override {
        for (std::uint32_t at = 0; at < streams_; ++at) {
            ASSAY_TRY(Socket stream, context.door.tcp_stream(at, interrupt));
            sockets_.push_back(std::move(stream));
        }
        for (std::uint32_t at = 0; at < flows_; ++at) {
            ASSAY_TRY(Socket flow, context.door.udp_flow(at, interrupt));
            sockets_.push_back(std::move(flow));
        }
        return Fields{};
    }

    Expected<Fields> play(std::stop_token, const Interrupt&) override {
        const std::vector<std::byte> piece(kPieceBytes);
        const auto end = Clock::now() + kLongestDefiance;
        std::size_t broken = 0;
        while (Clock::now() < end && (sockets_.empty() || broken < sockets_.size())) {
            broken = 0;
            for (const Socket& socket : sockets_) {
                const ssize_t sent =
                    sends_ ? ::send(socket.descriptor(), piece.data(), piece.size(),
                                    MSG_NOSIGNAL | MSG_DONTWAIT)
                           : recv(socket.descriptor(), nullptr, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
                if (sent > 0 && sends_ && flows_ > 0)
                    datagram_bytes_ += static_cast<std::uint64_t>(sent);
                broken += sent == 0 || (sent < 0 && (errno == EPIPE || errno == ECONNRESET));
            }
            if (sockets_.empty())
                std::this_thread::sleep_for(milliseconds(1));
        }
        return Fields{};
    }

    std::uint64_t datagram_bytes() const override { return datagram_bytes_; }

  private:
    std::uint64_t streams_, flows_;
    bool sends_;
    std::vector<Socket> sockets_;
    std::atomic<std::uint64_t> datagram_bytes_ = 0;
};

/// Leaves to the kernel as much as it takes, and ends.
class Brisk : public Role {
  public:
    Expected<Fields> prepare(RoleContext& context, const Interrupt& interrupt) override {
        ASSAY_TRY(stream_, context.door.tcp_stream(0, interrupt));
        return Fields{};
    }
    Expected<Fields> play(std::stop_token, const Interrupt&) override {
        const std::vector<std::byte> piece(kPieceBytes);
        std::uint64_t left = 0;
        for (ssize_t sent = 0; sent >= 0 && left < std::uint64_t{1} << 24;) {
            left += static_cast<std::uint64_t>(sent);
            sent = ::send(stream_.descriptor(), piece.data(), piece.size(),
                          MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        Fields report;
        report.set("left", left);
        return report;
    }

  private:
    Socket stream_;
};

Expected<std::unique_ptr<Role>> make_brisk(const Fields&, const Caps&) {
    return std::make_unique<Brisk>();
}

Expected<std::unique_ptr<Role>> make_unruly(const Fields& wishes, const Caps&) {
    ASSAY_TRY(const std::uint64_t streams, wishes.count("streams", 2000));
    ASSAY_TRY(const std::uint64_t flows, wishes.count("flows", 2000));
    ASSAY_TRY(const std::uint64_t sends, wishes.count("sends", 1));
    return std::make_unique<Unruly>(streams, flows, sends == 1);
}

constexpr std::array kRoles{RoleRow{.name = "test.unruly", .make = make_unruly},
                            RoleRow{.name = "test.brisk", .make = make_brisk}};

struct Asked {
    std::uint32_t streams = 1, flows = 0;
    bool sends = true;
};

/// A prober of the unruly role, with its ends of the connections.
struct Prober {
    std::shared_ptr<LivePeer> peer;
    std::unique_ptr<Test> test;
    std::vector<Socket> ends;
};

Expected<Prober> prober_of(RunningAgent& agent, const Asked& asked) {
    Prober prober;
    ASSAY_TRY(prober.peer, connect_to_peer(test::this_host(), agent.address(), within()));
    Fields wishes;
    wishes.set("streams", std::uint64_t{asked.streams});
    wishes.set("flows", std::uint64_t{asked.flows});
    wishes.set("sends", std::uint64_t{asked.sends});
    ASSAY_TRY(prober.test, prober.peer->begin("test.unruly", wishes, within()));
    for (std::uint32_t at = 0; at < asked.streams; ++at) {
        ASSAY_TRY(Socket stream, prober.test->door().tcp_stream(at, within()));
        prober.ends.push_back(std::move(stream));
    }
    for (std::uint32_t at = 0; at < asked.flows; ++at) {
        ASSAY_TRY(Socket flow, prober.test->door().udp_flow(at, within()));
        prober.ends.push_back(std::move(flow));
    }
    ASSAY_TRY_VOID(prober.test->prepared(within()));
    return prober;
}

/// What the prober saw of a test from its start to the agent's word that it is over.
struct Seen {
    std::uint64_t received = 0, sent = 0;
    Clock::duration lasted{};
    std::string why = "nothing";
    ErrorKind kind{};
};

Seen played(Prober& prober, const Asked& asked) {
    Seen seen;
    const std::vector<std::byte> piece(kPieceBytes);
    std::vector<std::byte> buffer(1 << 16);
    const auto begin = Clock::now();
    if (!prober.test->start(within()))
        return seen;
    while (Clock::now() - begin < kLongestDefiance) {
        for (const Socket& end : prober.ends) {
            if (!asked.sends) {
                const ssize_t sent = ::send(end.descriptor(), piece.data(), piece.size(),
                                            MSG_NOSIGNAL | MSG_DONTWAIT);
                seen.sent += sent > 0 ? static_cast<std::uint64_t>(sent) : 0;
            }
            for (ssize_t got = 1; got > 0 && asked.sends;) {
                got = recv(end.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
                seen.received += got > 0 ? static_cast<std::uint64_t>(got) : 0;
            }
        }
        if (const auto progress = prober.test->progress(); !progress) {
            seen.why = progress.error().message;
            seen.kind = progress.error().kind;
            break;
        }
    }
    seen.lasted = Clock::now() - begin;
    return seen;
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

AgentSettings with(const Caps& caps) {
    AgentSettings settings;
    settings.roles = kRoles;
    settings.caps = caps;
    return settings;
}

/// Bytes that a cap of `most` lets pass before a role that ends at no cap is cut.
constexpr double with_spare(std::uint64_t most) {
    return static_cast<double>(most + most / CapsWatch::kSpareShare + CapsWatch::kSpareBytes);
}

TEST(OperatorsCaps, a_role_gets_no_more_streams_and_flows_together_than_are_allowed) {
    RunningAgent agent(with({.most_streams = 3}));
    ASSERT_TRUE(prober_of(agent, {.streams = 2, .flows = 1}));
    const Asked asked{.streams = 3, .flows = 1};
    const auto refused = prober_of(agent, asked);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(agent.has_told("allows a test 3 streams and flows (--max-streams)"))
        << agent.told();
}

TEST(OperatorsCaps, the_prober_of_too_many_streams_hears_why) {
    RunningAgent agent(with({.most_streams = 3}));
    const auto peer = connect_to_peer(test::this_host(), agent.address(), within());
    ASSERT_TRUE(peer);
    Fields wishes;
    wishes.set("streams", std::uint64_t{4});
    wishes.set("flows", std::uint64_t{0});
    wishes.set("sends", std::uint64_t{1});
    auto test = (*peer)->begin("test.unruly", wishes, within());
    ASSERT_TRUE(test);
    std::vector<Socket> streams;
    for (std::uint32_t at = 0; at < 4; ++at) {
        auto stream = (*test)->door().tcp_stream(at, within());
        if (!stream) {
            const Error cause = (*test)->cause_of(stream.error());
            EXPECT_TRUE(says(cause.message, "--max-streams")) << cause.message;
            EXPECT_EQ(cause.kind, ErrorKind::usage);
            break;
        }
        streams.push_back(std::move(*stream));
    }
    EXPECT_EQ(streams.size(), 3u);
}

TEST(OperatorsCaps, bytes_of_a_stream_are_counted_by_the_kernel_and_the_test_is_cut) {
    // The kernel holds the stream to the rate, so that it is known how much may pass until the
    // agent looks, even where that is late: the role itself would send 400 MB.
    constexpr std::uint64_t kMost = 5'000'000;
    constexpr double kRate = 50e6;
    RunningAgent agent(with({.most_bytes_per_s = kRate, .most_bytes = kMost}));
    const Asked asked{.streams = 1};
    auto prober = prober_of(agent, asked);
    ASSERT_TRUE(prober) << prober.error().message;
    const Seen seen = played(*prober, asked);
    EXPECT_TRUE(says(seen.why, "allows 5000000 B a test (--max-bytes)")) << seen.why;
    EXPECT_EQ(seen.kind, ErrorKind::usage);
    // Of what the kernel counted, a prober that comes late loses what it has not read.
    EXPECT_GT(seen.received, kMost / 4);
    EXPECT_LT(static_cast<double>(seen.received), with_spare(kMost) + 0.4 * kRate);
    EXPECT_LT(seen.lasted, milliseconds(600));
    EXPECT_TRUE(agent.has_told("test.unruly: over after")) << agent.told();
}

TEST(OperatorsCaps, a_prober_that_sends_more_bytes_is_cut_too) {
    constexpr std::uint64_t kMost = 2'000'000;
    RunningAgent agent(with({.most_bytes = kMost}));
    const Asked asked{.streams = 2, .sends = false};
    auto prober = prober_of(agent, asked);
    ASSERT_TRUE(prober) << prober.error().message;
    const Seen seen = played(*prober, asked);
    EXPECT_TRUE(says(seen.why, "2000000 B a test (--max-bytes), and the prober sent more"))
        << seen.why;
    EXPECT_GT(seen.sent, kMost);
    EXPECT_LT(seen.lasted, seconds(2));
}

TEST(OperatorsCaps, a_faster_role_is_slowed_by_the_kernel_and_cut_by_the_agent) {
    constexpr double kRate = 20e6;
    RunningAgent agent(with({.most_bytes_per_s = kRate}));
    const Asked asked{.streams = 4};
    auto prober = prober_of(agent, asked);
    ASSERT_TRUE(prober) << prober.error().message;
    const Seen seen = played(*prober, asked);
    EXPECT_TRUE(says(seen.why, "allows 20000000 B/s in a test (--max-rate)")) << seen.why;
    const double lasted = std::chrono::duration<double>(seen.lasted).count();
    EXPECT_LT(lasted, 2);
    // The kernel paces each stream at the rate, but for its first segments of at most 64 KiB.
    EXPECT_LT(static_cast<double>(seen.received), 4 * (1.1 * kRate * lasted + 20 * 65536));
}

TEST(OperatorsCaps, datagrams_that_are_too_many_or_too_fast_are_cut_by_the_roles_own_count) {
    for (const bool by_rate : {true, false}) {
        RunningAgent agent(
            with(by_rate ? Caps{.most_bytes_per_s = 1e6} : Caps{.most_bytes = 1'000'000}));
        const Asked asked{.streams = 0, .flows = 1};
        auto prober = prober_of(agent, asked);
        ASSERT_TRUE(prober) << prober.error().message;
        const Seen seen = played(*prober, asked);
        EXPECT_TRUE(
            says(seen.why, by_rate ? "1000000 B/s in a test (--max-rate)" : "1000000 B a test"))
            << seen.why;
        EXPECT_LT(seen.lasted, seconds(2));
        EXPECT_TRUE(agent.has_told("test.unruly: over after"))
            << "its sends must fail from then on";
        // What was under way is there now; then nothing comes any more.
        const Socket& flow = prober->ends.front();
        std::vector<std::byte> buffer(kPieceBytes);
        while (recv(flow.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
        }
        pollfd wanted{flow.descriptor(), POLLIN, 0};
        EXPECT_EQ(poll(&wanted, 1, 100), 0);
    }
}

TEST(OperatorsCaps, a_role_that_goes_on_beyond_the_longest_time_is_cut) {
    RunningAgent agent(with({.longest = milliseconds(300)}));
    const Asked asked{.streams = 1};
    auto prober = prober_of(agent, asked);
    ASSERT_TRUE(prober) << prober.error().message;
    const Seen seen = played(*prober, asked);
    EXPECT_TRUE(says(seen.why, "allows a test to last 300 ms (--max-duration)")) << seen.why;
    EXPECT_EQ(seen.kind, ErrorKind::timed_out);
    EXPECT_GE(seen.lasted, milliseconds(300));
    EXPECT_LT(seen.lasted, seconds(2)) << "300 ms, 200 ms to leave, and a look";
    EXPECT_TRUE(agent.has_told("test.unruly: over after")) << agent.told();
}

TEST(OperatorsCaps, a_role_whose_prober_has_gone_is_cut_if_it_does_not_leave) {
    RunningAgent agent(with({}));
    auto prober = prober_of(agent, {.streams = 1});
    ASSERT_TRUE(prober) << prober.error().message;
    ASSERT_TRUE(prober->test->start(within()));
    const auto begin = Clock::now();
    prober->test.reset();  // aborts it; the connection stays open, and is read from
    std::vector<std::byte> buffer(1 << 20);
    const auto drained = [&] {
        const ssize_t got =
            recv(prober->ends.front().descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        return got == 0 || (got < 0 && errno == ECONNRESET);
    };
    while (!drained() && Clock::now() - begin < kLongestDefiance) {
    }
    EXPECT_LT(Clock::now() - begin, seconds(2)) << "200 ms to leave, and a look";
    EXPECT_TRUE(agent.has_told("went on after it was told to leave")) << agent.told();
}

TEST(OperatorsCaps, what_a_role_sent_before_it_ended_by_itself_arrives_whole) {
    RunningAgent agent(with({.most_bytes_per_s = 10e6}));
    const auto peer = connect_to_peer(test::this_host(), agent.address(), within());
    ASSERT_TRUE(peer);
    const auto test = (*peer)->begin("test.brisk", {}, within());
    ASSERT_TRUE(test);
    const auto stream = (*test)->door().tcp_stream(0, within());
    ASSERT_TRUE(stream && (*test)->prepared(within()) && (*test)->start(within()));
    const auto report = (*test)->finish(within());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(agent.has_told("test.brisk: over")) << agent.told();
    const auto end = Clock::now() + seconds(10);
    std::vector<std::byte> buffer(1 << 16);
    std::uint64_t received = 0;
    for (bool is_through = false; !is_through && Clock::now() < end;) {
        const auto moved = receive_some(*stream, buffer);
        ASSERT_TRUE(moved) << moved.error().message;
        received += moved->bytes;
        is_through = moved->end;
    }
    EXPECT_GT(received, 100'000u);
    EXPECT_EQ(received, report->count("left", ~std::uint64_t{0}));
}

TEST(OperatorsCaps, a_role_that_keeps_to_them_is_left_alone) {
    // As much as is allowed, at the rate at which it is allowed, for 0.6 s: not a word.
    CapsWatch watch({.most_bytes_per_s = 1e6, .most_bytes = 600'000});
    const SteadyTime begin = Clock::now();
    for (int look = 0; look <= 30; ++look) {
        const auto sent = static_cast<std::uint64_t>(look) * 20'000;
        EXPECT_FALSE(watch.look(begin + look * milliseconds(20), sent)) << look;
    }
    // Held up for 1 s and then catching up at once: still on average what is allowed.
    CapsWatch late({.most_bytes_per_s = 1e6});
    EXPECT_FALSE(late.look(begin, 0));
    EXPECT_FALSE(late.look(begin + milliseconds(20), 20'000));
    EXPECT_FALSE(late.look(begin + milliseconds(1000), 20'000));
    EXPECT_FALSE(late.look(begin + milliseconds(1020), 1'020'000));
    EXPECT_TRUE(late.look(begin + milliseconds(1040), 1'500'000)) << "more than a catching up";
}

TEST(OperatorsCaps, twice_the_rate_is_found_within_two_fifths_of_a_second) {
    CapsWatch watch({.most_bytes_per_s = 1e6});
    const SteadyTime begin = Clock::now();
    for (int ms = 0; ms <= 1000; ms += 20) {
        if (!watch.look(begin + milliseconds(ms), static_cast<std::uint64_t>(ms) * 2000))
            continue;
        // 270 ms of credit and 64 KiB, used up by 7/8 of the rate more than comes in.
        EXPECT_NEAR(ms, 360, 20);
        return;
    }
    FAIL() << "never found";
}

TEST(OperatorsCaps, bytes_beyond_the_spare_are_found_at_the_next_look) {
    constexpr std::uint64_t kMost = 16'000'000;
    const auto most_with_spare = static_cast<std::uint64_t>(with_spare(kMost));
    CapsWatch watch({.most_bytes = kMost});
    const SteadyTime begin = Clock::now();
    EXPECT_FALSE(watch.look(begin, most_with_spare));
    EXPECT_FALSE(watch.look(begin + milliseconds(19), 2 * kMost)) << "no look is due";
    EXPECT_TRUE(watch.look(begin + milliseconds(20), most_with_spare + 1));
}

}  // namespace
}  // namespace assay::network::control
