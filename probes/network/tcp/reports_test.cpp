#include "probes/network/tcp/reports.h"

#include <gtest/gtest.h>

#include <random>

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;

SenderTick tick(int at_ms, std::uint64_t retransmits, std::uint64_t busy_ns, std::uint64_t rtt_ns) {
    return {.at = milliseconds(at_ms),
            .retransmits = retransmits,
            .busy_ns = busy_ns,
            .rtt_ns = rtt_ns};
}

SenderReport sender() {
    return {.sent_bytes = 1000,
            .taken_bytes = 900,
            .unsent_bytes = 50,
            .unacked_bytes = 20,
            .segment_bytes = 1448,
            .least_rtt_ns = 5,
            .window_bytes = 6,
            .send_buffer_bytes = 7,
            .link_bytes_per_s = 125'000'000,
            .queue_is_shaper = 1,
            .congestion = "bbr",
            .queue_kind = "tbf",
            .ticks = {tick(0, 0, 0, 100), tick(100, 10, 50, 300), tick(200, 30, 150, 500)}};
}

ReceiverReport receiver() {
    return {.ramp = milliseconds(50),
            .settled = true,
            .window = milliseconds(100),
            .cut_short = false,
            .drained = true,
            .total_bytes = 1000,
            .bytes_at_close = 900,
            .checked_bytes = 100,
            .wrong_samples = 1,
            .receive_buffer_bytes = 9,
            .cpu_ns = 10,
            .busiest_cpu_ns = 11,
            .busiest_waited_ns = 12,
            .stream_bytes = {300, 400},
            .series = {{milliseconds(0), 0}, {milliseconds(100), 700}}};
}

TEST(TcpReports, both_fit_into_one_message_and_are_read_again) {
    Fields fields;
    put(fields, sender());
    put(fields, receiver());
    const auto carried = Fields::decode(fields.encode());
    ASSERT_TRUE(carried);
    EXPECT_EQ(sender_report_of(*carried).value(), sender());
    EXPECT_EQ(receiver_report_of(*carried).value(), receiver());
    EXPECT_EQ(receiver().window_bytes(), 700u);
}

TEST(TcpReports, an_older_programs_report_says_nothing_of_its_interface) {
    Fields fields;
    SenderReport report = sender();
    put(fields, report);
    Fields older;
    for (const char* name :
         {"s.sent_bytes", "s.taken_bytes", "s.unsent_bytes", "s.unacked_bytes", "s.segment_bytes",
          "s.least_rtt_ns", "s.window_bytes", "s.send_buffer_bytes"})
        older.set(name, *fields.count(name, 1 << 20));
    older.set("s.congestion", std::string("bbr"));
    for (const char* name : {"s.at_ns", "s.retransmits", "s.segments", "s.acked_bytes", "s.busy_ns",
                             "s.window_limited_ns", "s.buffer_limited_ns", "s.rtt_ns", "s.cpu_ns",
                             "s.busiest_cpu_ns", "s.busiest_waited_ns"})
        older.set(name, *fields.counts(name, 16));
    report.link_bytes_per_s = report.queue_is_shaper = 0;
    report.queue_kind.clear();
    EXPECT_EQ(sender_report_of(older).value(), report);
}

TEST(TcpReports, a_report_that_contradicts_itself_is_refused) {
    Fields fields;
    ReceiverReport more = receiver();
    more.stream_bytes = {700, 400};
    put(fields, more);
    EXPECT_EQ(receiver_report_of(fields).error().kind, ErrorKind::bad_input);
    put(fields, receiver());
    fields.set("r.series_at_ns", std::vector<std::uint64_t>{5, 4});
    EXPECT_FALSE(receiver_report_of(fields));
    fields.set("r.series_at_ns", std::vector<std::uint64_t>{5});
    EXPECT_FALSE(receiver_report_of(fields));
    put(fields, sender());
    fields.set("s.cpu_ns", std::vector<std::uint64_t>{1, 2});
    EXPECT_FALSE(sender_report_of(fields));
    EXPECT_FALSE(sender_report_of({}));
}

TEST(TcpReports, the_senders_change_is_interpolated_between_its_ticks) {
    const auto change = sender_change(sender(), milliseconds(50), milliseconds(150));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->at, milliseconds(100));
    EXPECT_EQ(change->retransmits, 15u);  // from 5 to 20
    EXPECT_EQ(change->busy_ns, 75u);      // from 25 to 100
    EXPECT_EQ(change->rtt_ns, 300u);      // the one tick inside
    EXPECT_EQ(sender_change(sender(), milliseconds(0), milliseconds(900))->retransmits, 30u);
}

TEST(TcpReports, no_change_is_made_up_from_a_single_tick) {
    SenderReport report = sender();
    report.ticks.resize(1);
    EXPECT_FALSE(sender_change(report, milliseconds(0), milliseconds(100)));
    EXPECT_FALSE(sender_change(sender(), milliseconds(100), milliseconds(100)));
}

TEST(TcpReports, random_damage_never_crashes) {
    Fields fields;
    put(fields, sender());
    put(fields, receiver());
    const std::vector<std::byte> whole = fields.encode();
    std::mt19937 random(1);
    for (int trial = 0; trial < 20000; ++trial) {
        std::vector<std::byte> bytes = whole;
        bytes[random() % bytes.size()] = static_cast<std::byte>(random() & 0xff);
        const auto damaged = Fields::decode(bytes);
        if (!damaged)
            continue;
        if (const auto report = receiver_report_of(*damaged)) {
            EXPECT_LE(report->window_bytes(), report->total_bytes);
        }
        if (const auto report = sender_report_of(*damaged)) {
            sender_change(*report, milliseconds(50), milliseconds(150));
        }
    }
}

}  // namespace
}  // namespace assay::network::tcp
