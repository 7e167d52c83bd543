#include "probes/network/path/limit.h"

#include <gtest/gtest.h>

namespace assay::network::path {
namespace {

constexpr double kMillisecond = 1e6;

struct Row {
    const char* name;
    LimitEvidence evidence;
    Limit expected;
};

/// A transfer of which everything is known and nothing is remarkable.
LimitEvidence quiet() {
    return {.same_host = false,
            .sender_cpu_share = 0.3,
            .receiver_cpu_share = 0.4,
            .sender_cpu_wait_share = 0.0,
            .receiver_cpu_wait_share = 0.0,
            .busy_share = 1.0,
            .receiver_window_share = 0.01,
            .send_buffer_share = 0.02,
            .retransmit_ratio = 0.0,
            .idle_rtt_ns = 0.2 * kMillisecond,
            .loaded_rtt_ns = 0.3 * kMillisecond,
            .rates_bytes_per_s = {9e7, 11e7, 8e7, 12e7, 10e7, 9e7},
            .wished_bytes_per_s = {},
            .link_speed_bytes_per_s = {},
            .sent = 1'000'000,
            .network_lost = {},
            .sender_dropped = 0,
            .receiver_socket_dropped = 0,
            .loss_ratio_when_slower = {},
            .sender_queue_kind = "fq_codel",
            .sender_queue_is_shaper = false,
            .sender_queue_held = 0,
            .others_share = 0.001};
}

template <class Change>
Row row(const char* name, Limit expected, Change change) {
    Row made{name, quiet(), expected};
    change(made.evidence);
    return made;
}

const std::vector<double> kFlatRates{6.25e6, 6.26e6, 6.25e6, 6.24e6, 6.25e6, 6.25e6};

/// What an end itself lacks.
std::vector<Row> host_rows() {
    return {
        row("nothing remarkable", Limit::unknown, [](auto&) {}),
        row("same host", Limit::same_host,
            [](auto& e) {
                e.same_host = true;
                e.sender_cpu_share = 0.99;
            }),
        row("sender cpu", Limit::sender_cpu, [](auto& e) { e.sender_cpu_share = 0.97; }),
        row("sender cpu below the limit", Limit::unknown,
            [](auto& e) { e.sender_cpu_share = 0.94; }),
        row("sender under a quota", Limit::sender_cpu,
            [](auto& e) {
                e.sender_cpu_share = 0.25;
                e.sender_cpu_wait_share = 0.74;
            }),
        row("a starved sender that sleeps now and then", Limit::sender_cpu,
            [](auto& e) {
                e.sender_cpu_share = 0.04;
                e.sender_cpu_wait_share = 0.73;
                e.receiver_cpu_wait_share = 0.47;
            }),
        row("a receiver without a cpu answers late", Limit::receiver_cpu,
            [](auto& e) {
                e.receiver_cpu_share = 0.05;
                e.receiver_cpu_wait_share = 0.8;
                e.loaded_rtt_ns = 440 * kMillisecond;
            }),
        row("a starved receiver", Limit::receiver_cpu,
            [](auto& e) {
                e.sender_cpu_wait_share = 0.2;
                e.receiver_cpu_wait_share = 0.55;
            }),
        row("a sender that waits for a cpu behind a full window", Limit::receiver_window,
            [](auto& e) {
                e.sender_cpu_wait_share = 0.6;
                e.receiver_window_share = 0.8;
            }),
        row("receiver cpu", Limit::receiver_cpu, [](auto& e) { e.receiver_cpu_share = 0.98; }),
        row("receiver cpu closes the window", Limit::receiver_cpu,
            [](auto& e) {
                e.receiver_cpu_share = 0.98;
                e.sender_cpu_share = 0.96;
                e.receiver_window_share = 0.9;
            }),
        row("both full and the window open", Limit::sender_cpu,
            [](auto& e) {
                e.receiver_cpu_share = 0.98;
                e.sender_cpu_share = 0.98;
            }),
        row("receiver cpu overflows the socket", Limit::receiver_cpu,
            [](auto& e) {
                e.receiver_cpu_share = 0.99;
                e.receiver_socket_dropped = 50'000;
            }),
    };
}

/// What the way lacks.
std::vector<Row> link_rows() {
    return {
        row("receiver window", Limit::receiver_window,
            [](auto& e) { e.receiver_window_share = 0.8; }),
        row("receiver window below the limit", Limit::unknown,
            [](auto& e) { e.receiver_window_share = 0.29; }),
        row("send buffer", Limit::send_buffer, [](auto& e) { e.send_buffer_share = 0.8; }),
        row("send buffer rather than window", Limit::send_buffer,
            [](auto& e) {
                e.send_buffer_share = 0.6;
                e.receiver_window_share = 0.35;
            }),
        row("shaped link by its queue", Limit::shaped_link,
            [](auto& e) {
                e.rates_bytes_per_s = kFlatRates;
                e.loaded_rtt_ns = 50 * kMillisecond;
                e.retransmit_ratio = 0.002;
            }),
        row("shaped link without loss", Limit::shaped_link,
            [](auto& e) {
                e.rates_bytes_per_s = kFlatRates;
                e.loaded_rtt_ns = 50 * kMillisecond;
            }),
        row("shaped link by the depth of its queue", Limit::shaped_link,
            [](auto& e) { e.loaded_rtt_ns = 6 * kMillisecond; }),
        row("a long round trip of a sender with pauses is unknown", Limit::unknown,
            [](auto& e) {
                e.loaded_rtt_ns = 6 * kMillisecond;
                e.busy_share = 0.5;
            }),
        row("a little longer round trip proves nothing", Limit::unknown,
            [](auto& e) { e.loaded_rtt_ns = 4 * kMillisecond; }),
        row("shaped link by our own shaper", Limit::shaped_link,
            [](auto& e) {
                e.sender_queue_kind = "tbf";
                e.sender_queue_is_shaper = true;
                e.sender_queue_held = 4000;
                e.sender_dropped = 300;
            }),
        row("policer", Limit::shaped_link,
            [](auto& e) {
                e.network_lost = 200'000;
                e.loss_ratio_when_slower = 0.0;
            }),
        row("line rate", Limit::shaped_link,
            [](auto& e) {
                e.rates_bytes_per_s = {1.17e8, 1.17e8, 1.17e8};
                e.link_speed_bytes_per_s = 1.25e8;
            }),
        row("a flat rate alone proves nothing", Limit::unknown,
            [](auto& e) { e.rates_bytes_per_s = kFlatRates; }),
    };
}

/// Where what was lost died.
std::vector<Row> loss_rows() {
    return {
        row("random loss over tcp", Limit::random_loss, [](auto& e) { e.retransmit_ratio = 0.01; }),
        row("random loss over udp", Limit::random_loss,
            [](auto& e) {
                e.retransmit_ratio = {};
                e.network_lost = 10'000;
            }),
        row("random loss at any rate", Limit::random_loss,
            [](auto& e) {
                e.network_lost = 10'000;
                e.loss_ratio_when_slower = 0.01;
            }),
        row("loss without a round trip is unknown", Limit::unknown,
            [](auto& e) {
                e.network_lost = 10'000;
                e.idle_rtt_ns = {};
            }),
        row("receiver socket", Limit::receiver_socket,
            [](auto& e) { e.receiver_socket_dropped = 400'000; }),
        row("receiver socket beside some network loss", Limit::receiver_socket,
            [](auto& e) {
                e.receiver_socket_dropped = 400'000;
                e.network_lost = 1'000;
            }),
        row("sender qdisc", Limit::sender_qdisc,
            [](auto& e) {
                e.sender_queue_kind = "pfifo";
                e.sender_dropped = 100'000;
            }),
        row("a shaper's queue that is too short", Limit::sender_qdisc,
            [](auto& e) {
                e.sender_queue_kind = "tbf";
                e.sender_queue_is_shaper = true;
                e.sender_queue_held = 400'000;
                e.sender_dropped = 20'000;
                e.retransmit_ratio = 0.02;
            }),
        row("a shaper that is hardly ever reached", Limit::unknown,
            [](auto& e) {
                e.sender_queue_kind = "tbf";
                e.sender_queue_is_shaper = true;
                e.sender_queue_held = 100;
            }),
        row("sender qdisc under tcp explains the retransmits", Limit::sender_qdisc,
            [](auto& e) {
                e.sender_queue_kind = "pfifo";
                e.sender_dropped = 10'000;
                e.retransmit_ratio = 0.0101;
            }),
        row("competing traffic", Limit::competing_traffic, [](auto& e) { e.others_share = 0.4; }),
        row("competing traffic on a shaped link", Limit::competing_traffic,
            [](auto& e) {
                e.others_share = 0.4;
                e.sender_queue_kind = "tbf";
                e.sender_queue_is_shaper = true;
                e.sender_queue_held = 4000;
            }),
        row("the wish was met", Limit::none, [](auto& e) { e.wished_bytes_per_s = 9.8e7; }),
        row("the wish was met but datagrams died", Limit::random_loss,
            [](auto& e) {
                e.wished_bytes_per_s = 9.8e7;
                e.network_lost = 10'000;
            }),
        {"nothing known", {}, Limit::unknown},
    };
}

TEST(Limit, each_cause_is_named_by_its_own_facts) {
    std::vector<Row> rows;
    for (const auto& some : {host_rows(), link_rows(), loss_rows()})
        rows.insert(rows.end(), some.begin(), some.end());
    EXPECT_EQ(rows.size(), 41u);
    for (const Row& row : rows) {
        const LimitJudgement judgement = judge_limit(row.evidence);
        EXPECT_EQ(name_of(judgement.limit), name_of(row.expected))
            << row.name << ": " << judgement.sentence;
        EXPECT_EQ(judgement.reasons.empty(), row.expected == Limit::unknown) << row.name;
    }
}

TEST(Limit, the_sentence_carries_the_evidence) {
    LimitEvidence evidence = quiet();
    evidence.receiver_window_share = 0.83;
    const LimitJudgement judgement = judge_limit(evidence);
    EXPECT_NE(judgement.sentence.find("83 %"), std::string::npos) << judgement.sentence;
    EXPECT_NE(judgement.sentence.find("tcp_rmem"), std::string::npos);
    ASSERT_EQ(limit_findings(judgement).size(), 1u);
    EXPECT_EQ(limit_findings(judgement)[0].id, "network_limit");
}

TEST(Limit, a_second_cause_is_kept_beside_the_first) {
    LimitEvidence evidence = quiet();
    evidence.receiver_cpu_share = 0.99;
    evidence.receiver_socket_dropped = 1000;
    const LimitJudgement judgement = judge_limit(evidence);
    ASSERT_EQ(judgement.reasons.size(), 2u);
    EXPECT_EQ(judgement.reasons[1].limit, Limit::receiver_socket);
}

TEST(Limit, what_reached_its_wish_is_no_finding) {
    LimitEvidence evidence = quiet();
    evidence.wished_bytes_per_s = 1e7;
    EXPECT_TRUE(limit_findings(judge_limit(evidence)).empty());
}

}  // namespace
}  // namespace assay::network::path
