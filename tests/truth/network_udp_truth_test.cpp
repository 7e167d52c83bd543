#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "probes/network/udp/lossless.h"
#include "probes/network/udp/roles.h"
#include "probes/network/udp/trial.h"
#include "tests/support/fake_peer.h"
#include "tests/support/network_doors.h"
#include "tests/support/network_namespace.h"
#include "tests/support/stolen_time.h"

/// UDP loss whose place is known beforehand: each class of the account is provoked alone, and
/// everything that is lost must be found in it, to the datagram.
namespace assay::network::udp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Interrupt soon() {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + seconds(60)};
}

struct Link {
    test::NetworkNamespace left, right;
};

Expected<Link> two_namespaces() {
    ASSAY_TRY_VOID(test::network_namespaces_available());
    ASSAY_TRY(test::NetworkNamespace left, test::NetworkNamespace::create());
    ASSAY_TRY(test::NetworkNamespace right, test::NetworkNamespace::create());
    return Link{std::move(left), std::move(right)};
}

Expected<Link> plain_link() {
    ASSAY_TRY(Link link, two_namespaces());
    ASSAY_TRY_VOID(test::join_by_veth(link.left, link.right));
    return link;
}

/// A trial from left (this host) to right, or back.
Expected<Trial> trial_over(const Link& link, const TrialPlan& plan) {
    const host::Host host = test::this_host();
    test::FakePeer peer(kRoles, link.left, link.right);
    std::optional<Expected<Trial>> trial;
    ASSAY_TRY_VOID(link.left.run([&] { trial = play_trial(peer, host, plan, 4711, soon()); }));
    return std::move(*trial);
}

void print(const Trial& trial) {
    std::printf(
        "sent %lu delivered %lu | sender host %lu, receiver socket %lu, receiver host %lu, "
        "network %lu, in flight %lu | behind %.1f ms\n",
        trial.sender.sent, trial.account.delivered, trial.account.sender_host,
        trial.account.receiver_socket, trial.account.receiver_host, trial.account.network,
        trial.account.in_flight, static_cast<double>(trial.sender.behind_ns) / 1e6);
}

/// Small datagrams, one packet each: what counts is their number.
TrialPlan million() {
    TrialPlan plan;
    plan.payload_bytes = 64;
    plan.datagrams_per_s = 250'000;
    plan.most_datagrams = 1'000'000;
    plan.duration = seconds(12);
    plan.send_engine = "sendmmsg";
    plan.receive_engine = "recvmmsg";
    return plan;
}

class NetworkLoss : public testing::TestWithParam<Direction> {};

TEST_P(NetworkLoss, of_every_hundredth_of_a_million_datagrams_is_exact_and_the_networks) {
    const auto link = plain_link();
    if (!link)
        GTEST_SKIP() << link.error().message;
    const auto& receiving = GetParam() == Direction::up ? link->right : link->left;
    const auto rules = receiving.command(
        "nft 'add table inet truth; add chain inet truth in { type filter hook input priority 0; "
        "}; "
        "add rule inet truth in meta l4proto udp numgen inc mod 100 == 0 drop'");
    if (!rules)
        GTEST_SKIP() << rules.error().message;
    TrialPlan plan = million();
    plan.direction = GetParam();
    const auto trial = trial_over(*link, plan);
    ASSERT_TRUE(trial) << trial.error().message;
    print(*trial);
    ASSERT_FALSE(trial->account.broken) << *trial->account.broken;
    // A host that is too busy sends fewer in the time; the filter then drops as many fewer.
    ASSERT_GE(trial->sender.sent, 100'000u);
    const auto expected = static_cast<double>(trial->sender.sent) / 100;
    EXPECT_NEAR(static_cast<double>(trial->account.network), expected, 1.0);
    EXPECT_EQ(trial->receiver.duplicates, 0u);
    EXPECT_EQ(trial->receiver.reordered, 0u);
}

INSTANTIATE_TEST_SUITE_P(Directions, NetworkLoss, testing::Values(Direction::up, Direction::down),
                         [](const auto& direction) {
                             return std::string(name_of(direction.param));
                         });

TEST(SenderHostLoss, of_a_short_queue_behind_a_slow_shaper_is_all_the_senders) {
    const auto link = plain_link();
    if (!link)
        GTEST_SKIP() << link.error().message;
    const auto queue = link->left.command(
        "tc qdisc add dev veth0 root handle 1: tbf rate 20mbit burst 5kb limit 10mb && "
        "tc qdisc add dev veth0 parent 1:1 handle 10: pfifo limit 10");
    ASSERT_TRUE(queue) << queue.error().message;
    TrialPlan plan;
    plan.payload_bytes = 1000;
    plan.datagrams_per_s = 5000;  // 40 Mbit/s: half of it cannot leave
    plan.most_datagrams = 10'000;
    plan.duration = seconds(5);
    plan.send_engine = "sendmsg";
    plan.receive_engine = "recvmmsg";
    const auto trial = trial_over(*link, plan);
    ASSERT_TRUE(trial) << trial.error().message;
    print(*trial);
    EXPECT_FALSE(trial->account.broken) << *trial->account.broken;
    EXPECT_GT(trial->account.sender_host, trial->account.offered / 4);
    EXPECT_EQ(trial->account.lost(), trial->account.sender_host);
    EXPECT_EQ(trial->account.offered,
              trial->account.delivered + trial->account.sender_host + trial->account.in_flight);
}

/// The reader begins when everything was sent: until then the socket has to drop what it cannot
/// hold.
TEST(ReceiverSocketLoss, of_a_tiny_buffer_with_a_stalled_reader_is_all_the_sockets) {
    const auto link = plain_link();
    if (!link)
        GTEST_SKIP() << link.error().message;
    constexpr std::uint64_t kDatagrams = 5000;
    const auto doors = test::PairedDoors::between(link->left, link->right);
    ASSERT_TRUE(doors) << doors.error().message;
    const host::Host host = test::this_host();

    SendWishes sending;
    sending.flow.payload_bytes = 500;
    sending.flow.engine = "sendmmsg";
    sending.datagrams_per_s = 20'000;
    sending.most_datagrams = kDatagrams;
    sending.duration = seconds(10);
    ReceiveWishes receiving;
    receiving.flow = sending.flow;
    receiving.flow.engine = "recvmmsg";
    receiving.receive_buffer_bytes = 4096;
    auto sender = make_sender(sending.fields(), {});
    auto receiver = make_receiver(receiving.fields(), {});
    ASSERT_TRUE(sender && receiver);
    control::RoleContext left{.host = host, .door = (*doors)->prober(), .caps = {}};
    control::RoleContext right{.host = host, .door = (*doors)->agent(), .caps = {}};
    Expected<Fields> sent, received;
    ASSERT_TRUE(link->right.run([&] { received = (*receiver)->prepare(right, soon()); }));
    ASSERT_TRUE(received) << received.error().message;
    ASSERT_TRUE(link->left.run([&] {
        sent = (*sender)->prepare(left, soon());
        if (sent)
            sent = (*sender)->play({}, soon());
    }));
    ASSERT_TRUE(sent) << sent.error().message;
    std::stop_source finish;
    finish.request_stop();
    ASSERT_TRUE(link->right.run([&] { received = (*receiver)->play(finish.get_token(), soon()); }));
    ASSERT_TRUE(received) << received.error().message;
    Trial trial;
    trial.sender = *SenderReport::of_fields(*sent);
    trial.receiver = *ReceiverReport::of_fields(*received);
    trial.account = account_of(trial.sender, trial.receiver, 500);
    print(trial);
    ASSERT_FALSE(trial.account.broken) << *trial.account.broken;
    EXPECT_EQ(trial.account.offered, kDatagrams);
    EXPECT_GT(trial.account.delivered, 0u);
    EXPECT_LT(trial.account.delivered, 100u);
    EXPECT_EQ(trial.account.receiver_socket, kDatagrams - trial.account.delivered);
    EXPECT_EQ(trial.account.lost(), trial.account.receiver_socket);
}

/// tbf counts the frame without preamble, check sum and gap: 14 bytes of Ethernet, 20 of IPv4, 8 of
/// UDP, the payload.
double expected_payload_bytes_per_s(std::uint64_t shaped_bits_per_s, std::size_t payload_bytes) {
    constexpr double kHeaderBytes = 14 + 20 + 8, kBitsPerByte = 8;
    const auto payload = static_cast<double>(payload_bytes);
    return static_cast<double>(shaped_bits_per_s) / kBitsPerByte * payload /
           (payload + kHeaderBytes);
}

/// The longest delay by which a thread on this host woke up late within 0.6 s. A sender that is
/// late by more than a queue holds (2 ms and less here) leaves the link idle, whatever it does.
std::chrono::duration<double, std::milli> worst_hiccup() {
    using Clock = std::chrono::steady_clock;
    Clock::duration worst{};
    for (int nap = 0; nap < 400; ++nap) {
        const auto begin = Clock::now();
        std::this_thread::sleep_for(milliseconds(1));
        worst = std::max(worst, Clock::now() - begin - milliseconds(1));
        if (nap >= 300 && worst > milliseconds(2))
            break;
    }
    return worst;
}

class ShapedUdp : public testing::TestWithParam<std::uint64_t> {};

/// A busy host can keep a link from being filled, and nothing can fill it beyond its rate. So a
/// search that reads too little is repeated, twice at most, and none may ever read too much.
TEST_P(ShapedUdp, lossless_rate_is_that_of_the_link_within_one_percent) {
    const auto link = plain_link();
    if (!link)
        GTEST_SKIP() << link.error().message;
    const auto shaped = test::shape(link->left, GetParam());
    ASSERT_TRUE(shaped) << shaped.error().message;
    const host::Host host = test::this_host();
    test::FakePeer peer(kRoles, link->left, link->right);
    const double expected = expected_payload_bytes_per_s(GetParam(), 1400);
    const test::StolenTime stolen;
    double best = 0;
    for (std::uint64_t attempt = 0; attempt < 3 && best < 0.99; ++attempt) {
        std::optional<Expected<LosslessRate>> found;
        const auto begin = std::chrono::steady_clock::now();
        ASSERT_TRUE(link->left.run([&] {
            found = find_lossless_rate(
                peer, host, {.payload_bytes = 1400, .duration = seconds(6), .seed = attempt},
                soon());
        }));
        ASSERT_TRUE(*found) << found->error().message;
        const double elapsed_s =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        ASSERT_FALSE((*found)->broken) << *(*found)->broken;
        if (!(*found)->bytes_per_s)
            continue;
        const double share = *(*found)->bytes_per_s / expected;
        std::printf("expected %.0f B/s, found %.0f B/s (%+.3f %%), %d trials in %.1f s, %s to %s\n",
                    expected, *(*found)->bytes_per_s, (share - 1) * 100, (*found)->trials,
                    elapsed_s, (*found)->confirmed->sender.engine.c_str(),
                    (*found)->confirmed->receiver.engine.c_str());
        EXPECT_TRUE((*found)->confirmed->account.lossless());
        EXPECT_LE(elapsed_s, 15);
        EXPECT_LE(share, 1.01);
        best = std::max(best, share);
    }
    // A shaper that wakes up later than its burst lasts has lost that time for good: the link
    // itself was slower than its rate; and 2 ms are what the sender's own queue bears.
    const double burst_ms =
        std::min(2.0, test::kShaperBurstBytes * 8e3 / static_cast<double>(GetParam()));
    const double late_ms = best < 0.99 ? worst_hiccup().count() : 0;
    if (best < 0.99 && (late_ms > burst_ms || stolen.spoils()))
        GTEST_SKIP() << "the host is too busy to keep the link full: threads wake up late by up to "
                     << late_ms << " ms, " << burst_ms << " ms can be made up for, and "
                     << stolen.share() * 100 << " % of the CPU time was stolen";
    EXPECT_GE(best, 0.99);
}

INSTANTIATE_TEST_SUITE_P(BitsPerSecond, ShapedUdp,
                         testing::Values(50'000'000, 200'000'000, 1'000'000'000),
                         [](const auto& rate) { return std::to_string(rate.param); });

/// Left and right joined by a bridge in between whose port to the right is shaped: the sender's
/// host knows nothing of the queue, so only loss tells that the rate was too high.
Expected<void> shape_far_away(const Link& link, const test::NetworkNamespace& middle,
                              std::uint64_t bits_per_s) {
    for (const char* line : {"ip link add br0 type bridge", "ip link set br0 up"})
        ASSAY_TRY_VOID(middle.command(line));
    const auto join = [&](const test::NetworkNamespace& end, const std::string& port,
                          const std::string& address) -> Expected<void> {
        ASSAY_TRY_VOID(end.command("ip link add veth0 mtu 1500 type veth peer name " + port +
                                   " mtu 1500 netns " + middle.path()));
        ASSAY_TRY_VOID(end.command("ip addr add " + address + "/24 dev veth0"));
        ASSAY_TRY_VOID(middle.command("ip link set " + port + " master br0 up"));
        return end.command("ip link set veth0 up");
    };
    ASSAY_TRY_VOID(join(link.left, "port1", test::kLeftAddress));
    ASSAY_TRY_VOID(join(link.right, "port2", test::kRightAddress));
    return middle.command("tc qdisc add dev port2 root tbf rate " + std::to_string(bits_per_s) +
                          "bit burst 128kb latency 50ms");
}

TEST(FarShaper, is_found_by_its_loss_which_is_the_networks_within_one_percent) {
    constexpr std::uint64_t kBitsPerS = 200'000'000;
    const auto link = two_namespaces();
    const auto middle = test::NetworkNamespace::create();
    if (!link || !middle)
        GTEST_SKIP() << (link ? middle.error().message : link.error().message);
    if (const auto shaped = shape_far_away(*link, *middle, kBitsPerS); !shaped)
        GTEST_SKIP() << shaped.error().message;
    const host::Host host = test::this_host();
    test::FakePeer peer(kRoles, link->left, link->right);
    const double expected = expected_payload_bytes_per_s(kBitsPerS, 1400);
    double best = 0;
    bool sender_bound = true;
    for (std::uint64_t attempt = 0; attempt < 4 && best < 0.99; ++attempt) {
        std::optional<Expected<LosslessRate>> found;
        ASSERT_TRUE(link->left.run([&] {
            found = find_lossless_rate(peer, host,
                                       {.payload_bytes = 1400,
                                        .duration = seconds(5),
                                        .seed = attempt,
                                        .send_engine = "sendmmsg",
                                        .receive_engine = "recvmmsg"},
                                       soon());
        }));
        ASSERT_TRUE(*found) << found->error().message;
        const LosslessRate& rate = **found;
        ASSERT_FALSE(rate.broken) << *rate.broken;
        ASSERT_TRUE(rate.lossy) << "the sender is faster than the shaper";
        EXPECT_GT(rate.lossy->account.network, 0u);
        EXPECT_EQ(rate.lossy->account.sender_host, 0u);
        std::printf(
            "expected %.0f B/s, found %.0f B/s in %d trials; lost above it: network %lu, "
            "receiver socket %lu\n",
            expected, rate.bytes_per_s.value_or(0), rate.trials, rate.lossy->account.network,
            rate.lossy->account.receiver_socket);
        EXPECT_LE(rate.bytes_per_s.value_or(0), 1.01 * expected);
        best = std::max(best, rate.bytes_per_s.value_or(0) / expected);
        sender_bound = sender_bound && (rate.sender_bound || !rate.bytes_per_s);
    }
    if (best < 0.99 && sender_bound)
        GTEST_SKIP() << "the host is too busy for the sender to keep a rate";
    EXPECT_GE(best, 0.99);
}

/// No link limits a veth: the receiving host does, and it is busy with other work now and then. A
/// search with the time of a SELF-TEST finds a rate all the same, and ends.
TEST(UnshapedUdp, each_of_14_short_searches_finds_a_rate_that_passed) {
    const auto link = plain_link();
    if (!link)
        GTEST_SKIP() << link.error().message;
    const host::Host host = test::this_host();
    test::FakePeer peer(kRoles, link->left, link->right);
    for (std::uint64_t round = 0; round < 14; ++round) {
        std::optional<Expected<LosslessRate>> found;
        const test::StolenTime stolen;
        const auto begin = std::chrono::steady_clock::now();
        ASSERT_TRUE(link->left.run([&] {
            found = find_lossless_rate(
                peer, host, {.payload_bytes = 1400, .duration = milliseconds(600), .seed = round},
                soon());
        }));
        ASSERT_TRUE(*found) << found->error().message;
        const double elapsed_s =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        std::printf("%.1f MB/s in %d trials and %.2f s%s\n",
                    (*found)->bytes_per_s.value_or(0) / 1e6, (*found)->trials, elapsed_s,
                    (*found)->receiver_bound ? ", limited by the receiving host" : "");
        EXPECT_TRUE((*found)->bytes_per_s || stolen.spoils()) << stolen.share() << " was stolen";
        EXPECT_LE(elapsed_s, 4);
        if ((*found)->confirmed) {
            EXPECT_TRUE((*found)->confirmed->account.lossless());
            EXPECT_GE((*found)->confirmed->sender.elapsed_ns, 140'000'000u);
        }
    }
}

TEST(PathMtu, a_payload_that_the_path_would_fragment_is_refused_and_the_largest_that_fits_is_not) {
    const auto link = plain_link();
    if (!link)
        GTEST_SKIP() << link.error().message;
    TrialPlan plan;
    plan.duration = milliseconds(100);
    plan.most_datagrams = 10;
    plan.payload_bytes = 1472;  // 1500 - 20 - 8
    const auto fits = trial_over(*link, plan);
    ASSERT_TRUE(fits) << fits.error().message;
    EXPECT_EQ(fits->account.delivered, 10u);
    plan.payload_bytes = 1473;
    for (const Direction direction : {Direction::up, Direction::down}) {
        plan.direction = direction;
        const auto trial = trial_over(*link, plan);
        ASSERT_FALSE(trial);
        EXPECT_EQ(trial.error().kind, ErrorKind::usage);
        EXPECT_NE(trial.error().message.find("1472"), std::string::npos) << trial.error().message;
    }
}

}  // namespace
}  // namespace assay::network::udp
