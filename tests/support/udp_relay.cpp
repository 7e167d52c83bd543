#include "tests/support/udp_relay.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cerrno>

#include "probes/network/wire/endpoint.h"

namespace assay::test {
namespace {

using network::Endpoint;
using network::Socket;

constexpr std::int64_t kNsPerS = 1'000'000'000;

std::int64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * kNsPerS + time.tv_nsec;
}

Expected<Socket> loopback_socket() {
    Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ASSAY_TRY(const Endpoint any, Endpoint::of_address("127.0.0.1", 0));
    constexpr int kBufferBytes = 1 << 23;
    if (!socket.is_open() || bind(socket.descriptor(), any.address(), any.size()) != 0)
        return system_failure("open a relay's socket", errno);
    // Where it is not granted, a relay that is too slow shows as receiver-side loss in the test.
    setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes,
               sizeof(kBufferBytes));
    return socket;
}

Expected<void> join(const Socket& one, const Socket& other) {
    ASSAY_TRY(const Endpoint first, Endpoint::of_socket(one.descriptor()));
    ASSAY_TRY(const Endpoint second, Endpoint::of_socket(other.descriptor()));
    if (connect(one.descriptor(), second.address(), second.size()) != 0 ||
        connect(other.descriptor(), first.address(), first.size()) != 0)
        return system_failure("connect a relay's sockets", errno);
    return {};
}

}  // namespace

Expected<std::unique_ptr<UdpRelay>> UdpRelay::start(Rule rule) {
    std::unique_ptr<UdpRelay> relay(new UdpRelay(std::move(rule)));
    ASSAY_TRY(relay->sender_, loopback_socket());
    ASSAY_TRY(relay->receiver_, loopback_socket());
    ASSAY_TRY(relay->from_sender_, loopback_socket());
    ASSAY_TRY(relay->to_receiver_, loopback_socket());
    ASSAY_TRY_VOID(join(relay->sender_, relay->from_sender_));
    ASSAY_TRY_VOID(join(relay->receiver_, relay->to_receiver_));
    relay->thread_ =
        std::jthread([&relay = *relay](const std::stop_token& stop) { relay.work(stop); });
    return relay;
}

UdpRelay::~UdpRelay() = default;

Expected<void> UdpRelay::inject(std::span<const std::byte> bytes) const {
    if (send(to_receiver_.descriptor(), bytes.data(), bytes.size(), 0) < 0)
        return system_failure("inject a datagram", errno);
    return {};
}

void UdpRelay::work(const std::stop_token& stop) {
    std::vector<std::byte> buffer(1 << 16);
    while (!stop.stop_requested()) {
        const ssize_t bytes = recv(from_sender_.descriptor(), buffer.data(), buffer.size(), 0);
        if (bytes >= 0) {
            hear(std::span(buffer).first(static_cast<std::size_t>(bytes)));
        } else {
            // Short while something is held back, which may become due.
            const timespec slice{.tv_sec = 0, .tv_nsec = held_.empty() ? 20'000'000 : 50'000};
            pollfd wanted{.fd = from_sender_.descriptor(), .events = POLLIN, .revents = 0};
            ppoll(&wanted, 1, &slice, nullptr);
        }
        release();
    }
}

void UdpRelay::hear(std::span<const std::byte> bytes) {
    const RelayRule rule = rule_(came_++);
    if (rule.copies != 0)
        held_.push_back({.bytes = {bytes.begin(), bytes.end()},
                         .rule = rule,
                         .due_ns = now_ns() + static_cast<std::int64_t>(rule.delay_ns)});
}

void UdpRelay::release() {
    const std::int64_t now = now_ns();
    std::erase_if(held_, [&](const Held& held) {
        // Number n has come when n + 1 came in all.
        const bool waits = held.rule.hold_until != 0 && came_ <= held.rule.hold_until;
        if (waits || now < held.due_ns)
            return false;
        pass(held.bytes, held.rule.copies);
        return true;
    });
}

void UdpRelay::pass(std::span<const std::byte> bytes, int copies) const {
    constexpr int kMostTries = 100;  // a relay loses nothing by itself, unless nobody is there
    for (int copy = 0; copy < copies; ++copy)
        for (int attempt = 0; attempt < kMostTries; ++attempt) {
            if (send(to_receiver_.descriptor(), bytes.data(), bytes.size(), 0) >= 0)
                break;
            if (errno == ECONNREFUSED)
                return;
            poll(nullptr, 0, 1);
        }
}

}  // namespace assay::test
