#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <thread>

#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/icmp_path.h"
#include "probes/network/rtt/metrics.h"
#include "probes/network/rtt/rtt_workload.h"
#include "probes/network/rtt/stream_paths.h"
#include "tests/support/network_doors.h"
#include "tests/truth/rtt_between_namespaces.h"

namespace assay::network::rtt {
namespace {

constexpr std::size_t kPayloadBytes = 64;

/// The agent's end in a process of its own, so that it can be stopped like one.
class EchoProcess {
  public:
    explicit EchoProcess(test::PairedDoors& doors) : id_(fork()) {
        if (id_ == 0)
            serve(doors);
    }
    ~EchoProcess() {
        if (id_ > 0) {
            kill(id_, SIGKILL);
            waitpid(id_, nullptr, 0);
        }
    }
    bool runs() const { return id_ > 0; }
    void stop() const { kill(id_, SIGSTOP); }
    void go_on() const { kill(id_, SIGCONT); }

  private:
    [[noreturn]] static void serve(test::PairedDoors& doors) {
        const host::Host host = test::this_host();
        control::RoleContext context{.host = host, .door = doors.agent(), .caps = {}};
        EchoRole role({.over = EchoWishes::Over::udp,
                       .payload_bytes = kPayloadBytes,
                       .streams_up = 0,
                       .streams_down = 0,
                       .longest = seconds(20),
                       .congestion = ""});
        if (role.prepare(context, within(seconds(5))))
            (void)role.play({}, within(seconds(20)));
        _exit(0);
    }
    pid_t id_;
};

/// What a schedule of 1 kHz reads when `stalled` ms of it wait for the end of a stall: the slowest
/// hundredth of `requests` waited for longer than this.
double p99_of_stall_ns(double stall_ns, double requests, double per_second) {
    return stall_ns - requests / 100 / per_second * 1e9;
}

// The queue of a server that stands still for 200 ms at 1 kHz over 10 s: 2 % of the requests wait
// for 200 ms to 1 ms, so p99 is 100 ms.
TEST_F(RttTruth, a_server_that_stands_still_for_200_ms_reads_100_ms_at_p99) {
    auto doors = test::PairedDoors::between(*left_, *right_);
    ASSERT_TRUE(doors) << doors.error().message;
    const auto flow = (*doors)->prober().udp_flow(0, within(seconds(5)));
    ASSERT_TRUE(flow) << flow.error().message;
    const std::uint64_t key = (*doors)->prober().shared_key(0);
    const EchoProcess server(**doors);
    ASSERT_TRUE(server.runs());
    UdpEchoPath path(*flow, key, kPayloadBytes);
    std::int64_t stall_ns = 0;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(seconds(5));
        const std::int64_t begin = now_ns();
        server.stop();
        std::this_thread::sleep_for(milliseconds(200));
        server.go_on();
        stall_ns = now_ns() - begin;
    });
    const auto outcome =
        play_echoes(path, {.per_second = 1000, .duration = seconds(10), .patience = seconds(1)},
                    within(seconds(14)));
    stopper.join();
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->lost(), 0u);
    const double expected = p99_of_stall_ns(static_cast<double>(stall_ns), 10'000, 1000);
    const double p99 = *outcome->response.quantile(0.99);
    std::printf(
        "stalled for %.2f ms: p50 %.3f ms, p99 %.2f ms, expected %.2f ms; %llu late sends\n",
        static_cast<double>(stall_ns) / kMs, *outcome->response.quantile(0.5) / kMs, p99 / kMs,
        expected / kMs, static_cast<unsigned long long>(outcome->late_sends));
    EXPECT_NEAR(p99, expected, 0.1 * expected);
    EXPECT_LT(*outcome->response.quantile(0.5), 5 * kMs);
}

// What ping-pong tools read of the same stall: one slow answer in thousands, so p99 says nothing.
// This is why the closed loop is never the default.
TEST_F(RttTruth, a_closed_loop_does_not_see_the_stall) {
    auto doors = test::PairedDoors::between(*left_, *right_);
    ASSERT_TRUE(doors) << doors.error().message;
    const auto flow = (*doors)->prober().udp_flow(0, within(seconds(5)));
    ASSERT_TRUE(flow) << flow.error().message;
    const EchoProcess server(**doors);
    UdpEchoPath path(*flow, (*doors)->prober().shared_key(0), kPayloadBytes);
    std::jthread stopper([&] {
        std::this_thread::sleep_for(seconds(1));
        server.stop();
        std::this_thread::sleep_for(milliseconds(200));
        server.go_on();
    });
    const auto outcome = play_ping_pong(
        path, {.per_second = 100'000, .duration = seconds(3), .patience = seconds(1)},
        within(seconds(8)));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_GE(*outcome->response.max(), 190 * kMs);
    EXPECT_LT(*outcome->response.quantile(0.99), 20 * kMs);
}

/// A prober that loses its CPU for a while when it is about to send one request.
class StallingPath : public UdpEchoPath {
  public:
    StallingPath(const Socket& socket, std::uint64_t key, std::uint64_t at)
        : UdpEchoPath(socket, key, kPayloadBytes), at_(at) {}
    Expected<bool> send(std::uint64_t sequence) override {
        if (sequence == at_ && stall_ns == 0) {
            const std::int64_t begin = now_ns();
            std::this_thread::sleep_for(milliseconds(200));
            stall_ns = now_ns() - begin;
        }
        return UdpEchoPath::send(sequence);
    }
    std::int64_t stall_ns = 0;

  private:
    std::uint64_t at_;
};

TEST_F(RttTruth, a_client_that_stands_still_reads_the_same_in_response_and_is_invalid) {
    auto doors = test::PairedDoors::between(*left_, *right_);
    ASSERT_TRUE(doors) << doors.error().message;
    const auto flow = (*doors)->prober().udp_flow(0, within(seconds(5)));
    ASSERT_TRUE(flow) << flow.error().message;
    const EchoProcess server(**doors);
    StallingPath path(*flow, (*doors)->prober().shared_key(0), 4000);
    const auto outcome =
        play_echoes(path, {.per_second = 2000, .duration = seconds(5), .patience = seconds(1)},
                    within(seconds(10)));
    ASSERT_TRUE(outcome) << outcome.error().message;
    const double expected = p99_of_stall_ns(static_cast<double>(path.stall_ns), 10'000, 2000);
    std::printf("response p99 %.2f ms, expected %.2f ms; service p99 %.2f ms; %llu late sends\n",
                *outcome->response.quantile(0.99) / kMs, expected / kMs,
                *outcome->service.quantile(0.99) / kMs,
                static_cast<unsigned long long>(outcome->late_sends));
    EXPECT_NEAR(*outcome->response.quantile(0.99), expected, 0.1 * expected);
    EXPECT_LT(*outcome->service.quantile(0.99), 0.5 * expected);
    EXPECT_GE(outcome->late_sends, 390u);
    EXPECT_TRUE(test::has(echo_findings(*outcome), "late_sends"));
}

TEST_F(RttTruth, one_lost_echo_in_a_hundred_is_counted_exactly) {
    if (!has_nft())
        GTEST_SKIP() << "nft is not installed";
    in_right(
        "nft 'table ip t { chain c { type filter hook input priority 0; "
        "ip protocol udp numgen inc mod 100 == 0 drop; }; }'");
    const auto result = measure({{"protocol", "udp"}, {"rate", "2000"}}, seconds(3));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(ticks_of(*result, kUdp).count(), 5940u);
    EXPECT_DOUBLE_EQ(value_of(*result, kLost), 0.01);
    EXPECT_TRUE(test::has(result->findings, "echoes_lost"));
}

TEST_F(RttTruth, icmp_goes_through_a_raw_socket_or_a_ping_socket) {
    for (const auto& [range, expected] :
         {std::pair{"1 0", IcmpSocket::raw}, std::pair{"0 0", IcmpSocket::ping}}) {
        in_left(std::string("echo '") + range + "' > /proc/sys/net/ipv4/ping_group_range");
        EXPECT_TRUE(left_->run([&] {
            const auto path =
                IcmpEchoPath::open(*Endpoint::of_address(test::kRightAddress, 0), 5, 56);
            ASSERT_TRUE(path) << path.error().message;
            EXPECT_EQ((*path)->kind(), expected) << range;
            const auto outcome = play_echoes(
                **path, {.per_second = 500, .duration = seconds(1), .patience = seconds(1)},
                within(seconds(5)));
            ASSERT_TRUE(outcome) << outcome.error().message;
            EXPECT_EQ(outcome->answered, 500u) << range;
            EXPECT_EQ(outcome->duplicates + outcome->strangers, 0u);
            EXPECT_GT(*outcome->service.min(), 1000u);
            EXPECT_LT(*outcome->service.quantile(0.5), 5 * kMs);
        }));
    }
}

TEST_F(RttTruth, icmp_over_ipv6_is_answered_too) {
    in_left("ip -6 addr add fd00::1/64 dev veth0 nodad");
    in_right("ip -6 addr add fd00::2/64 dev veth0 nodad");
    for (const char* range : {"1 0", "0 0"}) {
        in_left(std::string("echo '") + range + "' > /proc/sys/net/ipv4/ping_group_range");
        EXPECT_TRUE(left_->run([&] {
            const auto path = IcmpEchoPath::open(*Endpoint::of_address("fd00::2", 0), 5, 56);
            ASSERT_TRUE(path) << path.error().message;
            const auto outcome = play_echoes(
                **path, {.per_second = 100, .duration = seconds(1), .patience = seconds(1)},
                within(seconds(5)));
            ASSERT_TRUE(outcome) << outcome.error().message;
            EXPECT_EQ(outcome->answered, 100u) << range;
        }));
    }
}

/// Takes a capability from the calling thread alone.
bool drop_capability(unsigned capability) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> data{};
    if (syscall(SYS_capget, &header, data.data()) != 0)
        return false;
    data[capability / 32].effective &= ~(1u << (capability % 32));
    return syscall(SYS_capset, &header, data.data()) == 0;
}

TEST_F(RttTruth, without_ping_sockets_and_cap_net_raw_the_reason_is_told) {
    in_left("echo '1 0' > /proc/sys/net/ipv4/ping_group_range");
    EXPECT_TRUE(left_->run([&] {
        ASSERT_TRUE(drop_capability(CAP_NET_RAW));
        for (const char* protocol : {"icmp", "syn"}) {
            const auto refused = measure_here({{"protocol", protocol}}, milliseconds(200));
            ASSERT_FALSE(refused) << protocol;
            EXPECT_EQ(refused.error().kind, ErrorKind::permission);
            EXPECT_NE(refused.error().message.find("CAP_NET_RAW"), std::string::npos)
                << refused.error().message;
            EXPECT_EQ(refused.error().message.find("ping_group_range") != std::string::npos,
                      protocol == std::string_view("icmp"));
        }
        // Beside others, they are left out and the reason is a finding.
        const auto settings = rtt_settings({});
        const auto workload =
            make_rtt_workload(peer(), *settings, {}, host::Files("/"), within(seconds(10)));
        ASSERT_TRUE(workload) << workload.error().message;
        EXPECT_EQ((*workload)->cases().size(), settings->cases.size() - 2);
        EXPECT_TRUE(test::has((*workload)->findings(), "icmp_unavailable"));
        EXPECT_TRUE(test::has((*workload)->findings(), "syn_unavailable"));
    }));
}

TEST_F(RttTruth, a_handshake_by_raw_socket_is_no_slower_than_connect) {
    const auto syn = measure({{"protocol", "syn"}, {"rate", "500"}}, seconds(1));
    ASSERT_TRUE(syn) << syn.error().message;
    const auto connect = measure({{"protocol", "connect"}, {"rate", "500"}}, seconds(1));
    ASSERT_TRUE(connect) << connect.error().message;
    EXPECT_EQ(ticks_of(*syn, kSyn).count(), 500u);
    EXPECT_EQ(ticks_of(*connect, kTcpConnect).count(), 500u);
    std::printf("SYN to SYN/ACK %.1f us, connect %.1f us\n",
                *ticks_of(*syn, kSyn).quantile(0.5) / 1e3,
                *ticks_of(*connect, kTcpConnect).quantile(0.5) / 1e3);
    // The same three packets; the connect adds this host's wake-up and sockets.
    EXPECT_LT(*ticks_of(*syn, kSyn).quantile(0.5),
              1.2 * *ticks_of(*connect, kTcpConnect).quantile(0.5));
}

TEST_F(RttTruth, the_path_mtu_is_that_of_the_interface_the_route_or_the_hole) {
    const auto plain = measure({{"protocol", "mtu"}}, milliseconds(100));
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_EQ(value_of(*plain, kPathMtu), 1500);
    EXPECT_FALSE(test::has(plain->findings, "mtu_black_hole"));
    if (has_nft()) {
        in_right(
            "nft 'table ip t { chain c { type filter hook input priority 0; "
            "ip length > 1371 drop; }; }'");
        const auto hole = measure({{"protocol", "mtu"}}, milliseconds(100));
        ASSERT_TRUE(hole) << hole.error().message;
        EXPECT_EQ(value_of(*hole, kPathMtu), 1371);
        EXPECT_NE(finding_text(*hole, "mtu_black_hole").find("1371"), std::string::npos);
        in_right("nft flush ruleset");
    }
    in_left("ip route add 10.255.0.2/32 dev veth0 mtu 1300");
    const auto routed = measure({{"protocol", "mtu"}}, milliseconds(100));
    ASSERT_TRUE(routed) << routed.error().message;
    EXPECT_EQ(value_of(*routed, kPathMtu), 1300);
    EXPECT_FALSE(test::has(routed->findings, "mtu_black_hole"));
}

}  // namespace
}  // namespace assay::network::rtt
