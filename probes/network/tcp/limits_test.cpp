#include "probes/network/tcp/limits.h"

#include <gtest/gtest.h>

namespace assay::network::tcp {
namespace {

/// 1 Gbit/s over a path of 1 ms, with nothing that stands out.
LimitFacts calm() {
    return {.bytes_per_s = 125e6,
            .streams = 1,
            .sender_cpu = {0.3, 0.01},
            .receiver_cpu = {0.4, 0.01},
            .window_limited_share = 0.0,
            .buffer_limited_share = 0.0,
            .retransmits = 0,
            .segments = 100000,
            .segment_bytes = 1448,
            .rtt_ns = 1.1e6,
            .least_rtt_ns = 1e6,
            .send_buffer_bytes = 4194304,
            .receive_buffer_bytes = 6291456};
}

std::vector<std::string> ids(const LimitFacts& facts) {
    std::vector<std::string> all;
    for (const Finding& finding : limits_of(facts, "Up"))
        all.push_back(finding.id);
    return all;
}
using Ids = std::vector<std::string>;

TEST(TcpLimits, nothing_is_named_where_nothing_stands_out) {
    EXPECT_EQ(ids(calm()), Ids{});
}

TEST(TcpLimits, a_thread_over_95_percent_is_the_limit_and_explains_the_waiting) {
    LimitFacts facts = calm();
    facts.receiver_cpu.used = 0.951;
    facts.window_limited_share = 0.9;
    EXPECT_EQ(ids(facts), Ids{"tcp_receiver_cpu"});
    facts.receiver_cpu.used = 0.93;
    EXPECT_EQ(ids(facts), Ids{"tcp_receive_window"});
    facts.sender_cpu.used = 0.96;
    EXPECT_EQ(ids(facts), Ids{"tcp_sender_cpu"});
}

TEST(TcpLimits, a_thread_that_waits_for_a_cpu_is_limited_by_it_too) {
    LimitFacts facts = calm();
    facts.sender_cpu = {0.2, 0.31};
    EXPECT_EQ(ids(facts), Ids{"tcp_sender_cpu"});
    facts.sender_cpu = {0.2, 0.29};
    EXPECT_EQ(ids(facts), Ids{});
}

TEST(TcpLimits, the_side_whose_buffer_the_sender_waits_for_is_named_with_its_values) {
    LimitFacts facts = calm();
    facts.window_limited_share = 0.31;
    facts.receive_buffer_bytes = 87380;
    ASSERT_EQ(ids(facts), Ids{"tcp_receive_window"});
    const Finding finding = limits_of(facts, "Down").front();
    EXPECT_NE(finding.message.find("Down: for 31 %"), std::string::npos) << finding.message;
    EXPECT_NE(finding.message.find("87380 B"), std::string::npos) << finding.message;
    EXPECT_NE(finding.message.find("137500 B"), std::string::npos) << finding.message;
    EXPECT_NE(finding.advice.find("net.ipv4.tcp_rmem"), std::string::npos);
    facts.window_limited_share = 0.29;
    facts.buffer_limited_share = 0.5;
    EXPECT_EQ(ids(facts), Ids{"tcp_send_buffer"});
}

TEST(TcpLimits, a_send_buffer_that_is_all_on_the_way_is_full_whatever_the_kernel_counts) {
    LimitFacts facts = calm();
    facts.send_buffer_bytes = 160000;  // 137500 B are on the way
    EXPECT_EQ(ids(facts), Ids{"tcp_send_buffer"});
    facts.streams = 2;  // half of them in each
    EXPECT_EQ(ids(facts), Ids{});
}

TEST(TcpLimits, a_grown_round_trip_is_a_queue_with_or_without_loss) {
    LimitFacts facts = calm();
    facts.rtt_ns = 20e6;
    EXPECT_EQ(ids(facts), Ids{"tcp_shaped_link"});
    facts.retransmits = 300;
    EXPECT_EQ(ids(facts), Ids{"tcp_shaped_link"});
    facts.least_rtt_ns = std::nullopt;
    EXPECT_EQ(ids(facts), Ids{"tcp_random_loss"});
}

TEST(TcpLimits, delays_of_a_busy_host_are_no_queue) {
    LimitFacts facts = calm();
    facts.rtt_ns = 20e6;
    facts.receiver_cpu.waited = 0.2;
    EXPECT_EQ(ids(facts), Ids{});
}

TEST(TcpLimits, loss_counts_near_the_rate_that_it_would_allow) {
    // Mathis: 1448 B / 1.1 ms * sqrt(1.5 / 0.01) = 16.1 MB/s.
    LimitFacts facts = calm();
    facts.retransmits = 1000;
    facts.bytes_per_s = 15e6;
    EXPECT_EQ(ids(facts), Ids{"tcp_random_loss"});
    facts.bytes_per_s = 4e6;
    EXPECT_EQ(ids(facts), Ids{}) << "something else keeps it so far below";
    facts.retransmits = 5;
    facts.bytes_per_s = 1e9;
    EXPECT_EQ(ids(facts), Ids{}) << "a probe for a lost tail now and then is no loss";
}

}  // namespace
}  // namespace assay::network::tcp
