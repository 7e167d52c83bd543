#include "probes/network/path/path_watch.h"

#include <gtest/gtest.h>

#include <array>

#include "probes/network/path/netlink.h"

namespace assay::network::path {
namespace {

PathDeltas carried(std::uint64_t rx_bytes, std::uint64_t tx_bytes) {
    PathDeltas deltas;
    deltas.seconds = 1;
    deltas.interface_counts = InterfaceCounters{};
    deltas.interface_counts->rx_bytes = rx_bytes;
    deltas.interface_counts->tx_bytes = tx_bytes;
    return deltas;
}

TEST(ShareOfOthers, is_what_the_interface_carried_beyond_the_test) {
    EXPECT_DOUBLE_EQ(
        *share_of_others(carried(0, 10'000'000), {.sent_bytes = 9e6, .received_bytes = 0}), 0.1);
    EXPECT_DOUBLE_EQ(*share_of_others(carried(4'000'000, 10'000'000),
                                      {.sent_bytes = 9e6, .received_bytes = 1e6}),
                     0.75);
    EXPECT_DOUBLE_EQ(
        *share_of_others(carried(0, 10'000'000), {.sent_bytes = 11e6, .received_bytes = 0}), 0);
}

TEST(ShareOfOthers, is_unknown_without_counts_or_traffic) {
    EXPECT_FALSE(share_of_others({}, {.sent_bytes = 1e9, .received_bytes = 0}));
    EXPECT_FALSE(share_of_others(carried(999'999, 100), {}));
}

TEST(Route, this_hosts_own_addresses_are_the_same_host) {
    for (const char* address : {"127.0.0.1", "127.8.9.1"}) {
        const auto endpoint = Endpoint::of_address(address, 80);
        ASSERT_TRUE(endpoint);
        const auto route = route_to(*endpoint);
        ASSERT_TRUE(route) << route.error().message;
        EXPECT_TRUE(route->same_host) << address;
        EXPECT_EQ(route->interface_name, "lo");
    }
}

TEST(PathWatch, sees_nothing_where_nothing_happens_and_never_fails) {
    const auto endpoint = Endpoint::of_address("127.0.0.1", 80);
    ASSERT_TRUE(endpoint);
    const auto watch = PathWatch::start(host::Files("/"), *endpoint);
    ASSERT_TRUE(watch) << watch.error().message;
    EXPECT_EQ(watch->interface_facts().name, "lo");
    const PathDeltas deltas = watch->deltas();
    EXPECT_GE(deltas.seconds, 0);
    EXPECT_TRUE(deltas.interface_counts);
    EXPECT_TRUE(deltas.udp_receive_buffer_drops);
}

TEST(NetlinkAttributes, what_is_cut_short_ends_the_walk) {
    // Length 8, type 3, value 1, 2, 3, 4; then one that claims more than there is.
    const std::array<unsigned char, 12> raw{8, 0, 3, 0, 1, 2, 3, 4, 9, 0, 5, 0};
    const auto attributes = attributes_of(std::as_bytes(std::span(raw)));
    ASSERT_EQ(attributes.size(), 1u);
    EXPECT_EQ(value_of<std::uint32_t>(attributes, 3), 0x04030201u);
    EXPECT_EQ(value_of<std::uint64_t>(attributes, 3), std::nullopt);
    EXPECT_EQ(value_of<std::uint32_t>(attributes, 5), std::nullopt);
    const std::array<unsigned char, 4> endless{0, 0, 1, 0};
    EXPECT_TRUE(attributes_of(std::as_bytes(std::span(endless))).empty());
}

TEST(Interface, an_index_that_nobody_has_is_not_found) {
    const auto facts = interface_of(999'999);
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().kind, ErrorKind::not_found);
    EXPECT_FALSE(queue_discipline_of(999'999));
}

}  // namespace
}  // namespace assay::network::path
