#include "probes/network/tcp/tcp_role.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "probes/network/tcp/connection.h"
#include "probes/network/wire/payload.h"
#include "tests/support/fake_peer.h"
#include "tests/support/network_doors.h"

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Interrupt soon() {
    return {.stop = {}, .deadline = steady_clock::now() + std::chrono::seconds(20)};
}

Wishes receiving(std::size_t streams = 1, milliseconds window = milliseconds(150)) {
    return {.streams = streams,
            .sends_from = std::nullopt,
            .receives_from = 0,
            .longest_ramp = milliseconds(50),
            .window = window,
            .mode = Mode::goodput,
            .congestion = std::nullopt,
            .dscp = std::nullopt};
}

class TcpRoles : public testing::Test {
  protected:
    void SetUp() override {
        auto doors = test::PairedDoors::over_loopback();
        if (!doors)
            GTEST_SKIP() << doors.error().message;
        doors_ = std::move(*doors);
    }

    Expected<Fields> play(TcpRole& role, control::DataDoor& door, const control::Caps& caps = {},
                          std::stop_token finish = {}, const Interrupt& interrupt = soon()) {
        control::RoleContext context{.host = host_, .door = door, .caps = caps};
        ASSAY_TRY_VOID(role.prepare(context, interrupt));
        return role.play(std::move(finish), interrupt);
    }

    struct Ends {
        Expected<Fields> ours, theirs;
    };
    /// Both ends of a test; `wishes` are the prober's.
    Ends play_both(const Wishes& wishes, const control::Caps& caps = {},
                   const Interrupt& interrupt = soon()) {
        TcpRole own(wishes), other(wishes.mirrored());
        Ends ends;
        {
            const std::jthread thread(
                [&] { ends.theirs = play(other, doors_->agent(), caps, {}, interrupt); });
            ends.ours = play(own, doors_->prober(), caps, {}, interrupt);
        }
        return ends;
    }

    host::Host host_ = test::this_host();
    std::unique_ptr<test::PairedDoors> doors_;
};

TEST_F(TcpRoles, both_ends_count_the_same_bytes_and_the_window_is_part_of_them) {
    for (const Mode mode : {Mode::goodput, Mode::path})
        for (const std::size_t streams : {1u, 3u, 40u}) {
            SetUp();
            Wishes wishes = receiving(streams).mirrored();
            wishes.mode = mode;
            const Ends ends = play_both(wishes);
            ASSERT_TRUE(ends.ours) << ends.ours.error().message;
            ASSERT_TRUE(ends.theirs) << ends.theirs.error().message;
            const SenderReport sent = sender_report_of(*ends.ours).value();
            const ReceiverReport got = receiver_report_of(*ends.theirs).value();
            EXPECT_TRUE(got.drained);
            EXPECT_EQ(got.total_bytes, sent.sent_bytes);
            EXPECT_GE(got.total_bytes, got.bytes_at_close);
            EXPECT_EQ(got.stream_bytes.size(), streams);
            EXPECT_GT(got.window_bytes(), 0u);
            EXPECT_LT(got.window_bytes(), got.total_bytes);
            EXPECT_EQ(got.series.back().bytes, got.window_bytes());
            EXPECT_GE(got.window, milliseconds(150));
            EXPECT_LT(got.window, milliseconds(400));
            EXPECT_EQ(got.checked_bytes > 0, mode == Mode::goodput);
            EXPECT_EQ(got.wrong_samples, 0u);
            EXPECT_GE(sent.ticks.size(), 2u);
            EXPECT_GT(sent.ticks.back().acked_bytes, 0u);
            EXPECT_GT(sent.ticks.back().cpu_ns, 0u);
            EXPECT_GT(sent.segment_bytes, 0u);
            EXPECT_GT(sent.send_buffer_bytes, 0u);
            EXPECT_GT(got.receive_buffer_bytes, 0u);
            EXPECT_GT(got.cpu_ns, 0u);
        }
}

TEST_F(TcpRoles, both_directions_at_once_are_counted_apart) {
    Wishes wishes = receiving(2);
    wishes.sends_from = 2;
    const Ends ends = play_both(wishes);
    ASSERT_TRUE(ends.ours && ends.theirs);
    EXPECT_EQ(receiver_report_of(*ends.ours)->total_bytes,
              sender_report_of(*ends.theirs)->sent_bytes);
    EXPECT_EQ(receiver_report_of(*ends.theirs)->total_bytes,
              sender_report_of(*ends.ours)->sent_bytes);
    EXPECT_GT(receiver_report_of(*ends.ours)->window_bytes(), 0u);
    EXPECT_GT(receiver_report_of(*ends.theirs)->window_bytes(), 0u);
}

TEST_F(TcpRoles, congestion_control_and_mark_are_set_on_the_streams) {
    Wishes wishes = receiving().mirrored();
    wishes.congestion = "reno";
    wishes.dscp = 46;
    const Ends ends = play_both(wishes);
    ASSERT_TRUE(ends.ours) << ends.ours.error().message;
    EXPECT_EQ(sender_report_of(*ends.ours)->congestion, "reno");
    const Socket socket = std::move(*doors_->prober().tcp_stream(7, soon()));
    ASSERT_TRUE(mark_dscp(socket, 46));
    int field = 0;
    socklen_t size = sizeof(field);
    ASSERT_EQ(getsockopt(socket.descriptor(), IPPROTO_IP, IP_TOS, &field, &size), 0);
    EXPECT_EQ(field, 46 << 2);
    EXPECT_EQ(choose_congestion(socket, "no_such").error().kind, ErrorKind::unsupported);
}

TEST_F(TcpRoles, caps_hold_a_sender_to_its_bytes_and_its_rate) {
    // The streams end with their bytes; the window is long for a host that is short of memory.
    const Ends few =
        play_both(receiving(1, milliseconds(5000)).mirrored(), {.most_bytes = 1 << 20});
    ASSERT_TRUE(few.ours && few.theirs);
    const auto sent = sender_report_of(*few.ours);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->sent_bytes, std::uint64_t{1} << 20);
    SetUp();
    constexpr double kRate = 20e6;
    const Ends slow =
        play_both(receiving(2, milliseconds(500)).mirrored(), {.most_bytes_per_s = kRate});
    ASSERT_TRUE(slow.ours && slow.theirs);
    const ReceiverReport got = receiver_report_of(*slow.theirs).value();
    const double rate =
        static_cast<double>(got.window_bytes()) / std::chrono::duration<double>(got.window).count();
    EXPECT_LT(rate, 1.1 * kRate);
}

TEST_F(TcpRoles, a_sender_of_other_bytes_is_found_out_and_one_that_ends_early_too) {
    const Socket sender = std::move(*doors_->agent().tcp_stream(0, soon()));
    const std::array<std::byte, 1000> zeros{};
    ASSERT_TRUE(send_some(sender, zeros));
    ASSERT_TRUE(finish_sending(sender));
    TcpRole role(receiving());
    const auto fields = play(role, doors_->prober());
    ASSERT_TRUE(fields) << fields.error().message;
    const ReceiverReport report = receiver_report_of(*fields).value();
    EXPECT_EQ(report.total_bytes, 1000u);
    EXPECT_GT(report.wrong_samples, 0u);
    EXPECT_TRUE(report.cut_short);
}

TEST_F(TcpRoles, a_sender_that_breaks_off_is_an_io_error_and_no_number) {
    Socket sender = std::move(*doors_->agent().tcp_stream(0, soon()));
    // Closing with a linger time of zero resets the connection instead of ending it.
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ASSERT_EQ(setsockopt(sender.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    sender.close();
    TcpRole role(receiving());
    const auto fields = play(role, doors_->prober());
    ASSERT_FALSE(fields);
    EXPECT_EQ(fields.error().kind, ErrorKind::io);
}

TEST_F(TcpRoles, a_silent_sender_and_a_receiver_that_does_not_read_are_told_after_five_seconds) {
    const Socket silent = std::move(*doors_->agent().tcp_stream(0, soon()));
    const Socket deaf = std::move(*doors_->agent().tcp_stream(1, soon()));
    Expected<Fields> received, sent;
    const SteadyTime began = steady_clock::now();
    {
        Wishes wishes = receiving();
        wishes.receives_from.reset();
        wishes.sends_from = 1;
        TcpRole receiver(receiving()), sender(wishes);
        const std::jthread thread([&] { received = play(receiver, doors_->prober()); });
        sent = play(sender, doors_->prober());
    }
    for (const auto* one : {&received, &sent}) {
        ASSERT_FALSE(*one);
        EXPECT_EQ(one->error().kind, ErrorKind::io);
        EXPECT_NE(one->error().message.find("5 s"), std::string::npos) << one->error().message;
    }
    EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(8));
}

TEST_F(TcpRoles, a_stop_request_ends_both_ends_within_a_slice_or_two) {
    std::stop_source source;
    const Interrupt interrupt{.stop = source.get_token(),
                              .deadline = steady_clock::now() + std::chrono::hours(2)};
    SteadyTime asked;
    Ends ends;
    {
        const std::jthread stopper([&] {
            std::this_thread::sleep_for(milliseconds(150));
            asked = steady_clock::now();
            source.request_stop();
        });
        ends = play_both(receiving(3, std::chrono::minutes(59)).mirrored(), {}, interrupt);
    }
    EXPECT_LT(steady_clock::now() - asked, milliseconds(300)) << "100 ms, on a busy host more";
    ASSERT_FALSE(ends.ours);
    ASSERT_FALSE(ends.theirs);
    EXPECT_EQ(ends.ours.error().kind, ErrorKind::interrupted);
}

TEST_F(TcpRoles, finish_closes_the_receivers_window_early_and_the_report_says_how_long_it_was) {
    std::stop_source finish;
    Expected<Fields> theirs, ours;
    {
        const Wishes wishes = receiving(1, std::chrono::minutes(1));
        TcpRole receiver(wishes), sender(wishes.mirrored());
        const std::jthread thread(
            [&] { theirs = play(receiver, doors_->agent(), {}, finish.get_token()); });
        const std::jthread stopper([&] {
            std::this_thread::sleep_for(milliseconds(400));
            finish.request_stop();
        });
        ours = play(sender, doors_->prober());
    }
    ASSERT_TRUE(ours) << ours.error().message;
    ASSERT_TRUE(theirs) << theirs.error().message;
    const ReceiverReport report = receiver_report_of(*theirs).value();
    EXPECT_FALSE(report.cut_short);
    EXPECT_TRUE(report.drained);
    EXPECT_GT(report.window, milliseconds(100));
    EXPECT_LT(report.window, milliseconds(900));
}

TEST(TcpRoleRows, fit_the_wishes_that_they_are_made_from) {
    const Wishes wishes = receiving();
    EXPECT_EQ(role_name(wishes), "tcp.send");
    EXPECT_EQ(role_name(wishes.mirrored()), "tcp.receive");
    for (const control::RoleRow& row : tcp_roles())
        EXPECT_EQ(row.make(wishes.to_fields(), {}).has_value(), row.name == "tcp.receive")
            << row.name;
}

}  // namespace
}  // namespace assay::network::tcp
