#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "probes/network/udp/datagram.h"
#include "probes/network/udp/receiver.h"
#include "probes/network/udp/sender.h"
#include "tests/support/fake_peer.h"
#include "tests/support/udp_relay.h"

/// A relay mistreats each datagram by a rule, so that what became of every one is known beforehand.
namespace assay::network::udp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RelayRule;
using test::UdpRelay;

constexpr std::uint64_t kKey = 99, kRound = 12;
constexpr std::uint64_t kMs = 1'000'000;

Interrupt soon() {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + seconds(60)};
}

/// One end's sockets, as the relay gives them.
class RelayDoor : public control::DataDoor {
  public:
    explicit RelayDoor(Socket socket) : socket_(std::move(socket)) {}
    Expected<Socket> tcp_stream(std::uint32_t, const Interrupt&) override {
        return failure(ErrorKind::unsupported, "the relay has no TCP");
    }
    Expected<Socket> udp_flow(std::uint32_t, const Interrupt&) override {
        return std::move(socket_);
    }
    std::uint64_t shared_key(std::uint32_t) const override { return kKey; }

  private:
    Socket socket_;
};

struct Outcome {
    SenderReport sender;
    ReceiverReport receiver;
    Account account;
};

struct Flow {
    std::uint64_t datagrams = 0;
    double per_s = 0;
    std::uint64_t late_ns = 500 * kMs;
    bool time_stamps = false;
    /// Called while the flow is on.
    std::function<void(const UdpRelay&)> meanwhile{};
};

/// Sends single datagrams through the relay and lets the receiver wait for all that come.
Expected<Outcome> through_relay(const UdpRelay::Rule& rule, const Flow& flow) {
    constexpr std::size_t kPayload = 100;
    ASSAY_TRY(const std::unique_ptr<UdpRelay> relay, UdpRelay::start(rule));
    RelayDoor sending_door(relay->take_sender()), receiving_door(relay->take_receiver());
    const host::Host host = test::this_host();
    control::RoleContext sending_end{.host = host, .door = sending_door, .caps = {}};
    control::RoleContext receiving_end{.host = host, .door = receiving_door, .caps = {}};
    SendWishes sending;
    sending.flow.round = kRound;
    sending.flow.payload_bytes = kPayload;
    sending.flow.engine = "sendmsg";
    sending.datagrams_per_s = flow.per_s;
    sending.most_datagrams = flow.datagrams;
    sending.duration = seconds(10);
    ReceiveWishes receiving;
    receiving.flow = sending.flow;
    receiving.flow.engine = "recvmmsg";
    receiving.late_ns = flow.late_ns;
    receiving.time_stamps = flow.time_stamps;
    ASSAY_TRY(const auto sender, make_sender(sending.fields(), {}));
    ASSAY_TRY(const auto receiver, make_receiver(receiving.fields(), {}));
    ASSAY_TRY(const Fields sender_ready, sender->prepare(sending_end, soon()));
    ASSAY_TRY(const Fields receiver_ready, receiver->prepare(receiving_end, soon()));
    Expected<Fields> received;
    std::jthread receiving_thread(
        [&](std::stop_token finish) { received = receiver->play(std::move(finish), soon()); });
    if (flow.meanwhile)
        flow.meanwhile(*relay);
    ASSAY_TRY(const Fields sent, sender->play({}, soon()));
    std::this_thread::sleep_for(milliseconds(500));
    receiving_thread.request_stop();
    receiving_thread.join();
    if (!received)
        return std::unexpected(received.error());
    Outcome outcome;
    ASSAY_TRY(outcome.sender, SenderReport::of_fields(sent));
    ASSAY_TRY(outcome.receiver, ReceiverReport::of_fields(*received));
    outcome.account = account_of(outcome.sender, outcome.receiver, kPayload);
    return outcome;
}

TEST(RelayedUdp, drops_duplicates_and_reordering_are_counted_exactly) {
    // Of each hundred: number 10 is dropped, 20 comes twice, 30 three times, and 40, 41 come after
    // 45. So 2 are reordered, by up to 5 numbers.
    const auto rule = [](std::uint64_t number) -> RelayRule {
        switch (number % 100) {
            case 10:
                return {.copies = 0};
            case 20:
                return {.copies = 2};
            case 30:
                return {.copies = 3};
            case 40:
            case 41:
                return {.hold_until = number - number % 100 + 46};
            default:
                return {};
        }
    };
    const auto outcome = through_relay(rule, {.datagrams = 20'000, .per_s = 10'000});
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_FALSE(outcome->account.broken) << *outcome->account.broken;
    EXPECT_EQ(outcome->sender.sent, 20'000u);
    EXPECT_EQ(outcome->account.delivered, 19'800u);
    EXPECT_EQ(outcome->account.network, 200u);
    EXPECT_EQ(outcome->account.lost(), 200u);
    EXPECT_EQ(outcome->receiver.duplicates, 200u + 400u);
    EXPECT_EQ(outcome->receiver.reordered, 400u);
    EXPECT_EQ(outcome->receiver.largest_distance, 5u);
    EXPECT_EQ(outcome->receiver.foreign, 0u);
    EXPECT_EQ(outcome->receiver.late, 0u);
}

TEST(RelayedUdp, datagrams_that_are_not_of_the_flow_are_foreign_and_neither_data_nor_loss) {
    const Flow flow{.datagrams = 1000, .per_s = 10'000, .meanwhile = [](const UdpRelay& relay) {
                        std::vector<std::byte> bytes(100);
                        // Without a tag; of another round with a right tag; with a wrong key; of
                        // another length.
                        EXPECT_TRUE(relay.inject(bytes));
                        Stamp(kKey, kRound + 1).write(bytes, {.sequence = 1, .sent_ns = 1});
                        EXPECT_TRUE(relay.inject(bytes));
                        Stamp(kKey + 1, kRound).write(bytes, {.sequence = 2, .sent_ns = 1});
                        EXPECT_TRUE(relay.inject(bytes));
                        Stamp(kKey, kRound).write(bytes, {.sequence = 3, .sent_ns = 1});
                        bytes.push_back(std::byte{});
                        EXPECT_TRUE(relay.inject(bytes));
                        EXPECT_TRUE(relay.inject(std::span(bytes).first(1)));
                    }};
    const auto outcome = through_relay([](std::uint64_t) { return RelayRule{}; }, flow);
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_FALSE(outcome->account.broken) << *outcome->account.broken;
    EXPECT_EQ(outcome->receiver.foreign, 5u);
    EXPECT_EQ(outcome->account.delivered, 1000u);
    EXPECT_EQ(outcome->account.lost(), 0u);
    EXPECT_EQ(outcome->receiver.duplicates + outcome->receiver.reordered, 0u);
}

TEST(RelayedUdp, a_datagram_that_is_held_back_for_long_is_late_and_not_lost) {
    const auto rule = [](std::uint64_t number) -> RelayRule {
        return number == 100 || number == 999 ? RelayRule{.delay_ns = 300 * kMs} : RelayRule{};
    };
    const auto outcome =
        through_relay(rule, {.datagrams = 1000, .per_s = 5000, .late_ns = 200 * kMs});
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_FALSE(outcome->account.broken) << *outcome->account.broken;
    EXPECT_EQ(outcome->account.delivered, 1000u) << "the last one as well";
    EXPECT_EQ(outcome->account.lost(), 0u);
    EXPECT_EQ(outcome->receiver.late, 2u);
    EXPECT_EQ(outcome->receiver.reordered, 1u) << "number 100; nothing came after 999";
}

/// Every second datagram takes 3 ms longer, so |D| is 3 ms each time, and so is J. The relay's own
/// waking up is what a busy host adds; such an attempt is repeated.
TEST(RelayedUdp, jitter_of_a_delay_that_alternates_by_3_ms_is_3_ms) {
    const auto rule = [](std::uint64_t number) {
        return RelayRule{.delay_ns = number % 2 * 3 * kMs};
    };
    constexpr double kExpectedNs = 3e6;
    constexpr int kMostAttempts = 4;
    double error = 1;
    for (int attempt = 0; attempt < kMostAttempts && error > 0.05; ++attempt) {
        const auto outcome =
            through_relay(rule, {.datagrams = 600, .per_s = 200, .time_stamps = true});
        ASSERT_TRUE(outcome) << outcome.error().message;
        ASSERT_TRUE(outcome->receiver.jitter_ns);
        EXPECT_EQ(outcome->account.delivered, 600u);
        error = *outcome->receiver.jitter_ns / kExpectedNs - 1;
        std::printf("jitter %.0f ns (%+.2f %%)\n", *outcome->receiver.jitter_ns, error * 100);
        error = std::abs(error);
    }
    EXPECT_LE(error, 0.05);
}

}  // namespace
}  // namespace assay::network::udp
