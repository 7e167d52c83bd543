#include "probes/network/wire/socket.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace assay::network {
namespace {

Interrupt soon() {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5)};
}

struct Pair {
    Socket near, far;
};

/// A connected pair over loopback of that family; nothing where the host has no such loopback.
std::optional<Pair> connected_pair(const char* address) {
    const auto listener = listen_on(*Endpoint::of_address(address, 0), 1);
    if (!listener)
        return std::nullopt;
    auto near = connect_to(*Endpoint::of_socket(listener->descriptor()), std::nullopt, soon());
    auto far = accept_from(*listener);
    if (!near || !far || !*far)
        return std::nullopt;
    return Pair{std::move(*near), std::move(**far)};
}

TEST(Socket, carries_bytes_and_then_the_end_over_both_families) {
    for (const char* address : {"127.0.0.1", "::1"}) {
        auto pair = connected_pair(address);
        if (!pair)
            continue;  // A host without that family is covered by the other one.
        const std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
        const auto sent = send_some(pair->near, bytes);
        ASSERT_TRUE(sent);
        EXPECT_EQ(sent->bytes, 3u);
        ASSERT_TRUE(finish_sending(pair->near));
        std::array<std::byte, 8> buffer{};
        const auto received = receive_some(pair->far, buffer);
        ASSERT_TRUE(received);
        EXPECT_EQ(received->bytes, 3u);
        EXPECT_FALSE(received->end);
        EXPECT_EQ(buffer[2], std::byte{3});
        const auto end = receive_some(pair->far, buffer);
        ASSERT_TRUE(end);
        EXPECT_TRUE(end->end);
    }
}

TEST(Socket, silence_is_neither_bytes_nor_the_end) {
    auto pair = connected_pair("127.0.0.1");
    if (!pair)
        GTEST_SKIP() << "this host has no IPv4 loopback";
    std::array<std::byte, 8> buffer{};
    const auto received = receive_some(pair->far, buffer);
    ASSERT_TRUE(received);
    EXPECT_EQ(received->bytes, 0u);
    EXPECT_FALSE(received->end);
}

TEST(Socket, sending_into_a_closed_connection_is_an_error_and_no_signal) {
    auto pair = connected_pair("127.0.0.1");
    if (!pair)
        GTEST_SKIP() << "this host has no IPv4 loopback";
    pair->far.close();
    const std::array<std::byte, 3> bytes{};
    Expected<Transfer> sent = send_some(pair->near, bytes);
    for (int attempt = 0; attempt < 100 && sent; ++attempt)
        sent = send_some(pair->near, bytes);  // the first one only provokes the reset
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().kind, ErrorKind::io);
}

TEST(Socket, connecting_to_a_closed_port_is_unavailable_and_names_it) {
    std::string text;
    Endpoint closed = *Endpoint::of_address("127.0.0.1", 1);
    {
        const auto listener = listen_on(*Endpoint::of_address("127.0.0.1", 0), 1);
        if (!listener)
            GTEST_SKIP() << "this host has no IPv4 loopback";
        closed = *Endpoint::of_socket(listener->descriptor());
        text = closed.text();
    }
    const auto socket = connect_to(closed, std::nullopt, soon());
    ASSERT_FALSE(socket);
    EXPECT_EQ(socket.error().kind, ErrorKind::unavailable);
    EXPECT_NE(socket.error().message.find(text), std::string::npos);
}

TEST(Socket, a_congestion_control_that_does_not_exist_is_unsupported) {
    const auto socket =
        connect_to(*Endpoint::of_address("127.0.0.1", 1), "no-such-control", soon());
    ASSERT_FALSE(socket);
    EXPECT_EQ(socket.error().kind, ErrorKind::unsupported);
    EXPECT_NE(socket.error().message.find("no-such-control"), std::string::npos);
}

TEST(Socket, reno_can_be_chosen_and_is_read_back) {
    const auto listener = listen_on(*Endpoint::of_address("127.0.0.1", 0), 1);
    if (!listener)
        GTEST_SKIP() << "this host has no IPv4 loopback";
    const auto socket = connect_to(*Endpoint::of_socket(listener->descriptor()), "reno", soon());
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_EQ(congestion_control_of(*socket), "reno");
}

TEST(Socket, the_kernels_count_of_a_connection_is_what_was_sent) {
    const auto listener = listen_on(*Endpoint::of_address("127.0.0.1", 0), 1);
    if (!listener)
        GTEST_SKIP() << "this host has no IPv4 loopback";
    const auto near =
        connect_to(*Endpoint::of_socket(listener->descriptor()), std::nullopt, soon());
    ASSERT_TRUE(near) << near.error().message;
    const auto far = accept_from(*listener);
    ASSERT_TRUE(far && *far);
    const std::vector<std::byte> bytes(10'000);
    ASSERT_EQ(send_some(*near, bytes)->bytes, bytes.size());
    std::vector<std::byte> buffer(bytes.size());
    for (std::size_t got = 0; got < bytes.size();)
        got += receive_some(**far, buffer)->bytes;
    EXPECT_EQ(moved_bytes_of(*near)->sent - moved_bytes_of(*near)->resent, bytes.size());
    EXPECT_EQ(moved_bytes_of(*near)->received, 0u);
    EXPECT_GT(moved_bytes_of(*near)->segment_bytes, 0u);
    EXPECT_EQ(moved_bytes_of(**far)->received, bytes.size());
    const Socket flow(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_FALSE(moved_bytes_of(flow)) << "for datagrams the kernel counts none";
}

TEST(Socket, a_listener_without_callers_gives_nothing_after_a_slice) {
    const auto listener = listen_on(*Endpoint::of_address("127.0.0.1", 0), 1);
    if (!listener)
        GTEST_SKIP() << "this host has no IPv4 loopback";
    const auto accepted = accept_from(*listener);
    ASSERT_TRUE(accepted);
    EXPECT_FALSE(*accepted);
}

TEST(Interrupt, a_stop_request_goes_before_a_passed_deadline) {
    std::stop_source source;
    const SteadyTime past = std::chrono::steady_clock::now() - std::chrono::seconds(1);
    const Interrupt interrupt{.stop = source.get_token(), .deadline = past};
    EXPECT_EQ(interrupt.check("try").error().kind, ErrorKind::timed_out);
    source.request_stop();
    EXPECT_EQ(interrupt.check("try").error().kind, ErrorKind::interrupted);
    EXPECT_EQ(sleep_until(past, interrupt, "sleep").error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace assay::network
