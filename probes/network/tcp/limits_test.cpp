#include "probes/network/tcp/limits.h"

#include <gtest/gtest.h>

namespace assay::network::tcp {
namespace {

/// 1 Gbit/s over a path of 1 ms, with nothing that stands out.
LimitFacts calm() {
    return {.bytes_per_s = 125e6,
            .streams = 1,
            .window_s = 1,
            .sender_cpu = {0.3, 0.01},
            .receiver_cpu = {0.4, 0.01},
            .busy_share = 1.0,
            .window_limited_share = 0.0,
            .buffer_limited_share = 0.0,
            .retransmits = 0,
            .segments = 100000,
            .segment_bytes = 1448,
            .rtt_ns = 1.1e6,
            .least_rtt_ns = 1e6,
            .send_buffer_bytes = 4194304,
            .receive_buffer_bytes = 6291456,
            .rates_bytes_per_s = {120e6, 130e6, 110e6, 140e6, 125e6}};
}

/// The one finding's id.
std::string id(const LimitFacts& facts) {
    const auto findings = limits_of(facts, "Up");
    EXPECT_EQ(findings.size(), 1u);
    return findings.empty() ? std::string() : findings.front().id;
}

TEST(TcpLimits, where_nothing_stands_out_that_is_said) {
    const auto findings = limits_of(calm(), "Up");
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].id, "network_limit");
    EXPECT_NE(findings[0].message.find("Up: What limited the transfer could not be told"),
              std::string::npos)
        << findings[0].message;
}

TEST(TcpLimits, what_the_kernel_does_not_say_is_unknown_and_not_0) {
    LimitFacts facts = calm();
    facts.window_limited_share = facts.buffer_limited_share = std::nullopt;
    facts.least_rtt_ns = std::nullopt;
    facts.segments = 0;
    const std::string message = limits_of(facts, "Up").at(0).message;
    for (const char* part : {"window full unknown", "send buffer full unknown",
                             "sent again unknown", "at least unknown."})
        EXPECT_NE(message.find(part), std::string::npos) << part << " in: " << message;
}

TEST(TcpLimits, a_path_on_one_host_is_named_before_all_else) {
    LimitFacts facts = calm();
    facts.same_host = true;
    facts.sender_cpu.used = 0.99;
    EXPECT_EQ(id(facts), "network_limit");
    EXPECT_NE(limits_of(facts, "Up")[0].message.find("same_host"), std::string::npos);
}

TEST(TcpLimits, a_thread_that_has_no_cpu_left_is_the_limit_and_explains_the_waiting) {
    LimitFacts facts = calm();
    facts.receiver_cpu.used = 0.951;
    facts.window_limited_share = 0.9;
    EXPECT_EQ(id(facts), "tcp_receiver_cpu");
    facts.receiver_cpu.used = 0.93;
    EXPECT_EQ(id(facts), "tcp_receive_window");
    facts.window_limited_share = 0;
    facts.sender_cpu.used = 0.96;
    EXPECT_EQ(id(facts), "tcp_sender_cpu");
    facts.sender_cpu = {0.2, 0.76};
    EXPECT_EQ(id(facts), "tcp_sender_cpu") << "what it waited for counts";
}

/// The case that used to be misnamed: a busy host keeps a thread waiting now and then, while the
/// window or the link is what limits.
TEST(TcpLimits, a_thread_that_sometimes_waits_for_a_cpu_is_not_the_limit) {
    LimitFacts facts = calm();
    facts.sender_cpu = {0.1, 0.5};
    facts.window_limited_share = 0.9;
    EXPECT_EQ(id(facts), "tcp_receive_window");
    facts.window_limited_share = 0;
    facts.interface = {.queue_kind = "tbf", .queue_is_shaper = true, .queue_held = 5000};
    EXPECT_EQ(id(facts), "tcp_shaped_link");
    facts.interface = {};
    facts.rtt_ns = 40e6;
    EXPECT_EQ(id(facts), "tcp_shaped_link") << "by a queue that no busy host explains";
}

TEST(TcpLimits, the_side_whose_buffer_the_sender_waits_for_is_named_with_its_values) {
    LimitFacts facts = calm();
    facts.window_limited_share = 0.31;
    facts.receive_buffer_bytes = 87380;
    ASSERT_EQ(id(facts), "tcp_receive_window");
    const Finding finding = limits_of(facts, "Down").front();
    EXPECT_TRUE(finding.message.starts_with("Down: ")) << finding.message;
    for (const char* text : {"31 %", "87380 B", "137500 B"})
        EXPECT_NE(finding.message.find(text), std::string::npos) << finding.message;
    EXPECT_NE(finding.advice.find("net.ipv4.tcp_rmem"), std::string::npos);
    facts.window_limited_share = 0.29;
    facts.buffer_limited_share = 0.5;
    EXPECT_EQ(id(facts), "tcp_send_buffer");
}

TEST(TcpLimits, a_send_buffer_that_is_all_on_the_way_is_full_whatever_the_kernel_counts) {
    LimitFacts facts = calm();
    facts.send_buffer_bytes = 160000;  // 137500 B are on the way
    EXPECT_EQ(id(facts), "tcp_send_buffer");
    facts.rtt_ns = 500e6;
    facts.bytes_per_s = 96e3;
    facts.send_buffer_bytes = 4608;  // and 48000 B cannot be
    EXPECT_EQ(id(facts), "tcp_send_buffer");
    facts.send_buffer_bytes = 40000;
    EXPECT_EQ(id(facts), "tcp_shaped_link");
    facts = calm();
    facts.send_buffer_bytes = 160000;
    facts.streams = 2;  // half of them in each
    EXPECT_EQ(id(facts), "network_limit");
}

TEST(TcpLimits, a_grown_round_trip_is_a_queue_unless_a_busy_host_explains_it) {
    LimitFacts facts = calm();
    facts.rtt_ns = 15e6;
    EXPECT_EQ(id(facts), "tcp_shaped_link");
    facts.retransmits = 300;
    EXPECT_EQ(id(facts), "tcp_shaped_link");
    facts.retransmits = 0;
    facts.receiver_cpu.waited = 0.2;
    EXPECT_EQ(id(facts), "network_limit") << "15 ms may be the host's";
}

TEST(TcpLimits, loss_counts_near_the_rate_that_it_would_allow) {
    // 1448 B / (1.1 ms * sqrt(0.02 / 3) + 0.2 s * 3 * sqrt(0.03 / 8) * 0.01 * 1.003) = 3.2 MB/s.
    LimitFacts facts = calm();
    facts.retransmits = 1000;
    facts.bytes_per_s = 3e6;
    EXPECT_EQ(id(facts), "tcp_random_loss");
    facts.bytes_per_s = 0.9e6;
    EXPECT_EQ(id(facts), "network_limit") << "something else keeps it so far below";
    facts.bytes_per_s = 3e6;
    facts.receiver_cpu.waited = 0.2;
    EXPECT_EQ(id(facts), "tcp_random_loss") << "a busy host would only lengthen the round trip";
    facts.receiver_cpu.waited = 0.01;
    facts.retransmits = 5;
    facts.bytes_per_s = 1e9;
    EXPECT_EQ(id(facts), "network_limit") << "a probe for a lost tail now and then is no loss";
}

TEST(TcpLimits, what_the_senders_queue_drops_and_what_others_send_is_named) {
    LimitFacts facts = calm();
    facts.retransmits = 2000;
    facts.interface = {.queue_kind = "tbf",
                       .queue_is_shaper = true,
                       .queue_dropped = 2000,
                       .queue_held = 50'000,
                       .sent_bytes = 132'000'000};
    EXPECT_EQ(id(facts), "network_limit");
    EXPECT_NE(limits_of(facts, "Up")[0].message.find("sender_qdisc"), std::string::npos);
    facts.interface.queue_dropped = 10;
    facts.interface.sent_bytes = 200'000'000;
    EXPECT_EQ(id(facts), "competing_traffic");
}

}  // namespace
}  // namespace assay::network::tcp
