#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>
#include <thread>
#include <vector>

#include "probes/network/path/interface.h"
#include "probes/network/path/route.h"
#include "probes/network/rtt/metrics.h"
#include "tests/truth/rtt_between_namespaces.h"

namespace assay::network::rtt {
namespace {

using RttLoadTruth = RttTruth;

/// A sender of datagrams that keeps a queue full, at a set rate.
class Overload {
  public:
    Overload(const test::NetworkNamespace& left, const test::NetworkNamespace& right,
             double bytes_per_s)
        : interval_ns_(static_cast<std::int64_t>(kBytes / bytes_per_s * 1e9)) {
        const Endpoint at = *Endpoint::of_address(test::kRightAddress, 9);
        EXPECT_TRUE(right.run([&] {
            sink_ = Socket(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            EXPECT_EQ(bind(sink_.descriptor(), at.address(), at.size()), 0);
        }));
        EXPECT_TRUE(left.run([&] {
            source_ = Socket(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            EXPECT_EQ(connect(source_.descriptor(), at.address(), at.size()), 0);
            // The queue's limit must end it, not the sender's own send buffer.
            const int ample = 8 << 20;
            EXPECT_EQ(
                setsockopt(source_.descriptor(), SOL_SOCKET, SO_SNDBUFFORCE, &ample, sizeof(ample)),
                0);
        }));
        thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
    }

  private:
    static constexpr double kBytes = 1400;
    void run(std::stop_token stop) {
        const std::vector<std::byte> datagram(static_cast<std::size_t>(kBytes));
        std::int64_t next = now_ns();
        while (!stop.stop_requested()) {
            for (; next <= now_ns(); next += interval_ns_)
                (void)send(source_.descriptor(), datagram.data(), datagram.size(), MSG_DONTWAIT);
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
    }
    std::int64_t interval_ns_;
    Socket sink_, source_;
    std::jthread thread_;
};

// A queue that is always full holds its limit, and each echo waits until it has drained at the
// shaped rate: limit / rate. An overload of twice the rate refills it within microseconds.
TEST_F(RttLoadTruth, behind_a_full_queue_the_round_trip_is_base_plus_limit_over_rate) {
    constexpr double kRateBytesPerS = 50e6 / 8, kLimitBytes = 250'000;
    in_left("tc qdisc add dev veth0 root tbf rate 50mbit burst 16kb limit 250000");
    const auto idle = measure({{"protocol", "udp"}}, milliseconds(500));
    ASSERT_TRUE(idle) << idle.error().message;
    const double base = *ticks_of(*idle, kUdpService).quantile(0.5);
    const Overload overload(*left_, *right_, 2 * kRateBytesPerS);
    std::this_thread::sleep_for(milliseconds(300));
    const auto loaded = measure({{"protocol", "udp"}}, seconds(4));
    ASSERT_TRUE(loaded) << loaded.error().message;
    const double p50 = *ticks_of(*loaded, kUdp).quantile(0.5);
    const double expected = base + kLimitBytes / kRateBytesPerS * 1e9;
    std::printf("base %.3f ms, expected %.3f ms, measured %.3f ms (%+.2f %%), lost %.1f %%\n",
                base / kMs, expected / kMs, p50 / kMs, (p50 / expected - 1) * 100,
                value_of(*loaded, kLost) * 100);
    EXPECT_NEAR(p50, expected, 0.05 * expected);
}

/// The queue's length as the kernel tells it, while a load runs.
class QueueSampler {
  public:
    explicit QueueSampler(const test::NetworkNamespace& place)
        : thread_(
              [&, this](std::stop_token stop) { EXPECT_TRUE(place.run([&] { sample(stop); })); }) {}
    double median_bytes() {
        thread_.request_stop();
        thread_.join();
        // The idle stretch at the front of the round has an empty queue.
        std::erase(backlogs_, 0.0);
        return test::median(backlogs_);
    }

  private:
    void sample(std::stop_token stop) {
        const auto peer = Endpoint::of_address(test::kRightAddress, 1);
        const auto route = path::route_to(*peer);
        ASSERT_TRUE(route) << route.error().message;
        while (!stop.stop_requested()) {
            const auto queue = path::queue_discipline_of(route->interface_index);
            ASSERT_TRUE(queue) << queue.error().message;
            backlogs_.push_back(static_cast<double>(queue->backlog_bytes.value_or(0)));
            std::this_thread::sleep_for(milliseconds(2));
        }
    }
    std::vector<double> backlogs_;
    std::jthread thread_;
};

// The probe's own load, TCP, whose queue goes up and down with the congestion window: the median
// round trip is the base and the median queue over the rate. The ramp's queue differs from that of
// the rest only while slow start overshoots.
TEST_F(RttLoadTruth, under_its_own_load_the_probe_reads_base_plus_queue) {
    constexpr double kRateBytesPerS = 50e6 / 8;
    route_through("tbf rate 50mbit burst 16kb limit 300000");
    QueueSampler sampler(*router_);
    const auto result = measure({{"protocol", "udp"}, {"load", "up"}}, seconds(8));
    ASSERT_TRUE(result) << result.error().message;
    const double queue_ns = sampler.median_bytes() / kRateBytesPerS * 1e9;
    const double p50 = *ticks_of(*result, kUdpService).quantile(0.5);
    const double base = p50 - value_of(*result, kBufferbloat);
    std::printf("base %.3f ms + queue %.3f ms, measured %.3f ms (%+.2f %%); load %.2f Mbit/s; %s\n",
                base / kMs, queue_ns / kMs, p50 / kMs, (p50 / (base + queue_ns) - 1) * 100,
                value_of(*result, kLoadRate) * 8 / 1e6,
                finding_text(*result, "network_limit").c_str());
    EXPECT_NEAR(p50, base + queue_ns, 0.05 * (base + queue_ns));
    EXPECT_NEAR(value_of(*result, kLoadRate), kRateBytesPerS * 1448 / 1514, 0.05 * kRateBytesPerS);
    EXPECT_TRUE(test::has(result->findings, "bufferbloat"));
    // The shaper is not on this host: it shows by the queue that stands before it.
    EXPECT_NE(finding_text(*result, "network_limit").find("shaped_link"), std::string::npos);
    EXPECT_NE(finding_text(*result, "network_limit").find("queue stood on the way"),
              std::string::npos);
    EXPECT_FALSE(test::has(result->findings, "load_died"));
}

TEST_F(RttLoadTruth, a_load_whose_path_is_cut_is_said_loudly) {
    if (!has_nft())
        GTEST_SKIP() << "nft is not installed";
    in_left("tc qdisc add dev veth0 root tbf rate 50mbit burst 16kb limit 300000");
    // TCP dies a second into the load; the echoes over UDP live on.
    std::jthread cutter([&] {
        std::this_thread::sleep_for(milliseconds(3200));
        EXPECT_TRUE(right_->command(
            "nft 'table ip t { chain c { type filter hook input priority 0; ip protocol tcp drop; "
            "}; }'"));
    });
    const auto result = measure({{"protocol", "udp"}, {"load", "up"}}, seconds(6));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_NE(finding_text(*result, "load_died"), "");
    std::printf("%s\n", finding_text(*result, "load_died").c_str());
}

// Loss that no queue explains. The hosts of this test share two CPUs, so a busy moment can look
// like a queue: the judgement may then be another, but of five rounds at least three must name the
// loss.
TEST_F(RttLoadTruth, random_loss_on_the_way_is_named) {
    if (!has_nft())
        GTEST_SKIP() << "nft is not installed";
    in_right(
        "nft 'table ip t { chain c { type filter hook input priority 0; "
        "ip protocol tcp numgen inc mod 50 == 0 drop; }; }'");
    int named = 0;
    for (int round = 0; round < 5; ++round) {
        const auto result = measure({{"protocol", "udp"}, {"load", "up"}}, seconds(2));
        ASSERT_TRUE(result) << result.error().message;
        const std::string limit = finding_text(*result, "network_limit");
        std::printf("%s\n", limit.c_str());
        named += limit.find("random_loss") != std::string::npos;
        EXPECT_EQ(limit.find("sender_qdisc"), std::string::npos);
        EXPECT_EQ(limit.find("same_host"), std::string::npos);
    }
    EXPECT_GE(named, 3);
}

// A link of 100 Mbit/s of which another program takes half: the load gets what is left, and is told
// whose the rest was.
TEST_F(RttLoadTruth, another_program_on_the_link_is_named_with_its_share) {
    in_left("tc qdisc add dev veth0 root tbf rate 100mbit burst 32kb limit 400000");
    const Overload other(*left_, *right_, 50e6 / 8);
    const auto result = measure({{"protocol", "udp"}, {"load", "up"}}, seconds(4));
    ASSERT_TRUE(result) << result.error().message;
    const std::string limit = finding_text(*result, "network_limit");
    std::printf("%s\n", limit.c_str());
    EXPECT_NE(limit.find("competing_traffic"), std::string::npos);
    EXPECT_TRUE(test::has(result->findings, "competing_traffic"));
    EXPECT_LT(value_of(*result, kLoadRate), 0.7 * 100e6 / 8);
}

}  // namespace
}  // namespace assay::network::rtt
