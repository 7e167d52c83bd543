#include "probes/network/udp/account.h"

#include <gtest/gtest.h>

namespace assay::network::udp {
namespace {

constexpr std::size_t kPayload = 1000;

SenderReport sent(std::uint64_t number) {
    return {.sent = number, .engine = "sendmmsg", .sent_by_interval = {number}};
}
ReceiverReport came(std::uint64_t number) {
    return {.delivered = number,
            .end = number,
            .socket_drops = 0,
            .host_drops = 0,
            .engine = "recvmmsg",
            .delivered_by_interval = {number}};
}
void expect_balance(const Account& account) {
    EXPECT_FALSE(account.broken) << *account.broken;
    EXPECT_EQ(account.offered, account.delivered + account.lost() + account.in_flight);
}

TEST(Account, a_trial_without_loss_is_lossless) {
    const Account account = account_of(sent(10), came(10), kPayload);
    expect_balance(account);
    EXPECT_TRUE(account.lossless());
}

TEST(Account, each_loss_has_one_class_and_the_network_gets_what_is_left) {
    SenderReport sender = sent(100);
    sender.refused = 7;
    ReceiverReport receiver = came(80);
    receiver.socket_drops = 5;
    receiver.host_drops = 3;
    const Account account = account_of(sender, receiver, kPayload);
    expect_balance(account);
    EXPECT_EQ(account.offered, 107u);
    EXPECT_EQ(account.sender_host, 7u);
    EXPECT_EQ(account.receiver_socket, 5u);
    EXPECT_EQ(account.receiver_host, 3u);
    EXPECT_EQ(account.network, 12u);
    EXPECT_TRUE(account.told_apart);
}

TEST(Account, drops_of_other_programs_on_the_receiving_host_are_not_ours) {
    ReceiverReport receiver = came(98);
    receiver.host_drops = 1000;
    const Account account = account_of(sent(100), receiver, kPayload);
    expect_balance(account);
    EXPECT_EQ(account.receiver_host, 2u);
    EXPECT_EQ(account.network, 0u);
}

TEST(Account, what_the_sender_still_queues_is_in_flight_and_not_lost) {
    SenderReport sender = sent(100);
    sender.unsent_bytes = 4 * kPayload;
    const Account account = account_of(sender, came(90), kPayload);
    expect_balance(account);
    EXPECT_EQ(account.in_flight, 4u);
    EXPECT_EQ(account.network, 6u);
    EXPECT_FALSE(account.lossless());
}

TEST(Account, drops_of_coalesced_datagrams_are_not_told_apart) {
    ReceiverReport receiver = came(90);
    receiver.socket_drops = 1;
    receiver.drops_are_datagrams = false;
    EXPECT_FALSE(account_of(sent(100), receiver, kPayload).told_apart);
    receiver.socket_drops = 0;
    EXPECT_TRUE(account_of(sent(100), receiver, kPayload).told_apart);
    receiver.socket_drops = std::nullopt;
    receiver.drops_are_datagrams = true;
    EXPECT_FALSE(account_of(sent(100), receiver, kPayload).told_apart);
}

TEST(Account, books_that_contradict_each_other_are_no_measurement) {
    EXPECT_TRUE(account_of(sent(9), came(10), kPayload).broken) << "more than was sent";
    ReceiverReport receiver = came(5);
    receiver.end = 11;
    EXPECT_TRUE(account_of(sent(10), receiver, kPayload).broken) << "a number never sent";
    receiver = came(5);
    receiver.socket_drops = 6;
    EXPECT_TRUE(account_of(sent(10), receiver, kPayload).broken) << "more drops than missing";
    receiver.duplicates = 1;
    EXPECT_FALSE(account_of(sent(10), receiver, kPayload).broken) << "a dropped second copy";
    receiver = came(5);
    receiver.beyond_window = 1;
    EXPECT_TRUE(account_of(sent(10), receiver, kPayload).broken) << "unknown whether second copy";
}

TEST(Account, the_law_holds_in_each_stretch_of_time) {
    SenderReport sender = sent(10);
    ReceiverReport receiver = came(8);
    sender.sent_by_interval = {6, 4};
    receiver.delivered_by_interval = {4, 4};
    expect_balance(account_of(sender, receiver, kPayload));
    receiver.delivered_by_interval = {3, 5};
    EXPECT_TRUE(account_of(sender, receiver, kPayload).broken) << "5 of 4";
    receiver.delivered_by_interval = {4, 3};
    EXPECT_TRUE(account_of(sender, receiver, kPayload).broken) << "sum is not 8";
    receiver.delivered_by_interval = {4, 4};
    sender.sent_by_interval = {6, 5};
    EXPECT_TRUE(account_of(sender, receiver, kPayload).broken) << "sum is not 10";
}

TEST(Reports, survive_the_way_over_the_wire) {
    SenderReport sender = sent(100);
    sender.refused = 1;
    sender.unsent_bytes = 2;
    sender.elapsed_ns = 3;
    sender.behind_ns = 4;
    sender.waits = 5;
    sender.most_burst = 6;
    sender.cpu_ns = 7;
    EXPECT_EQ(*SenderReport::of_fields(*Fields::decode(sender.fields().encode())), sender);
    ReceiverReport receiver = came(99);
    receiver.reordered = 1;
    receiver.duplicates = 2;
    receiver.late = 3;
    receiver.foreign = 4;
    receiver.jitter_ns = 5.5;
    receiver.drops_are_datagrams = false;
    receiver.window_datagrams = 6;
    receiver.window_ns = 7;
    EXPECT_EQ(*ReceiverReport::of_fields(*Fields::decode(receiver.fields().encode())), receiver);
    receiver.socket_drops = receiver.host_drops = std::nullopt;
    receiver.jitter_ns = std::nullopt;
    EXPECT_EQ(*ReceiverReport::of_fields(*Fields::decode(receiver.fields().encode())), receiver);
}

TEST(Reports, absent_or_absurd_values_from_outside_are_refused) {
    EXPECT_FALSE(SenderReport::of_fields({}));
    EXPECT_FALSE(ReceiverReport::of_fields({}));
    Fields fields = sent(5).fields();
    fields.set("sent", std::uint64_t{1} << 60);
    EXPECT_FALSE(SenderReport::of_fields(fields));
    fields = sent(5).fields();
    fields.set("sent_by_interval", std::vector<std::uint64_t>(kMostIntervals + 1));
    EXPECT_FALSE(SenderReport::of_fields(fields));
    fields = came(5).fields();
    fields.set("jitter_ns", -1.0);
    EXPECT_FALSE(ReceiverReport::of_fields(fields));
}

}  // namespace
}  // namespace assay::network::udp
