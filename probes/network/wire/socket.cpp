#include "probes/network/wire/socket.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <thread>
#include <utility>

namespace assay::network {
namespace {

/// Waits for `events` for one slice. true if they came (or the socket has an error to tell).
Expected<bool> wait_a_slice(int descriptor, short events) {
    pollfd wanted{.fd = descriptor, .events = events, .revents = 0};
    const int ready = poll(&wanted, 1, static_cast<int>(kWaitSlice.count()));
    if (ready < 0 && errno != EINTR)
        return system_failure("wait for a socket", errno);
    return ready > 0;
}

Expected<void> set_option(const Socket& socket, int level, int name, const void* value,
                          socklen_t size, std::string_view what) {
    if (setsockopt(socket.descriptor(), level, name, value, size) != 0)
        return system_failure("set " + std::string(what) + " on a TCP socket", errno);
    return {};
}

/// Makes a connected socket ready for the data loops: blocking, but never longer than a slice.
Expected<void> limit_waits(const Socket& socket) {
    const int flags = fcntl(socket.descriptor(), F_GETFL);
    if (flags < 0 || fcntl(socket.descriptor(), F_SETFL, flags & ~O_NONBLOCK) != 0)
        return system_failure("make a TCP socket blocking", errno);
    constexpr auto kSlice = std::chrono::duration_cast<std::chrono::microseconds>(kWaitSlice);
    const timeval slice{.tv_sec = 0, .tv_usec = kSlice.count()};
    ASSAY_TRY_VOID(
        set_option(socket, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof(slice), "SO_RCVTIMEO"));
    return set_option(socket, SOL_SOCKET, SO_SNDTIMEO, &slice, sizeof(slice), "SO_SNDTIMEO");
}

Expected<Socket> new_socket(int family) {
    Socket socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket.is_open())
        return system_failure("open a TCP socket", errno);
    return socket;
}

Expected<void> choose_congestion_control(const Socket& socket, const std::string& name) {
    if (setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_CONGESTION, name.data(),
                   static_cast<socklen_t>(name.size())) == 0)
        return {};
    if (errno == ENOENT)
        return failure(ErrorKind::unsupported,
                       "the kernel has no TCP congestion control '" + name +
                           "'; sysctl net.ipv4.tcp_available_congestion_control lists what it has");
    return system_failure("choose the TCP congestion control '" + name + "'", errno);
}

/// The outcome of a non-blocking connect that has become writable.
Expected<void> connect_outcome(const Socket& socket, const Endpoint& remote) {
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error == 0)
        return {};
    return failure(ErrorKind::unavailable, "connect to " + remote.text() + " over TCP", error);
}

}  // namespace

Expected<void> Interrupt::check(std::string_view action) const {
    if (stop.stop_requested())
        return failure(ErrorKind::interrupted, std::string(action) + ": stopped on request");
    if (std::chrono::steady_clock::now() >= deadline)
        return failure(ErrorKind::timed_out, std::string(action) +
                                                 ": not done by its deadline; the path may be "
                                                 "blocked, or the host too busy");
    return {};
}

Expected<void> sleep_until(SteadyTime time, const Interrupt& interrupt, std::string_view action) {
    for (;;) {
        ASSAY_TRY_VOID(interrupt.check(action));
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now >= time)
            return {};
        std::this_thread::sleep_until(std::min(time, now + kWaitSlice));
    }
}

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

Socket::~Socket() {
    close();
}

void Socket::close() {
    // Linux releases the descriptor whatever close returns, and what was sent has been checked by
    // the receiver's count, so there is nothing to do about an error.
    if (is_open())
        ::close(std::exchange(descriptor_, -1));
}

Expected<Socket> listen_on(const Endpoint& local, int backlog) {
    ASSAY_TRY(Socket socket, new_socket(local.family()));
    if (bind(socket.descriptor(), local.address(), local.size()) != 0)
        return system_failure("bind a TCP socket to " + local.text(), errno);
    if (listen(socket.descriptor(), backlog) != 0)
        return system_failure("listen on " + local.text(), errno);
    return socket;
}

Expected<Socket> connect_to(const Endpoint& remote,
                            const std::optional<std::string>& congestion_control,
                            const Interrupt& interrupt) {
    const std::string action = "connect to " + remote.text() + " over TCP";
    ASSAY_TRY(Socket socket, new_socket(remote.family()));
    if (congestion_control)
        ASSAY_TRY_VOID(choose_congestion_control(socket, *congestion_control));
    if (connect(socket.descriptor(), remote.address(), remote.size()) != 0) {
        if (errno != EINPROGRESS && errno != EINTR)
            return failure(ErrorKind::unavailable, action, errno);
        for (bool ready = false; !ready;) {
            ASSAY_TRY_VOID(interrupt.check(action));
            ASSAY_TRY(ready, wait_a_slice(socket.descriptor(), POLLOUT));
        }
        ASSAY_TRY_VOID(connect_outcome(socket, remote));
    }
    ASSAY_TRY_VOID(limit_waits(socket));
    return socket;
}

Expected<std::optional<Socket>> accept_from(const Socket& listener) {
    ASSAY_TRY(const bool ready, wait_a_slice(listener.descriptor(), POLLIN));
    if (!ready)
        return std::optional<Socket>();
    Socket socket(accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.is_open()) {
        // The caller may have gone away between the poll and here: no reason to stop listening.
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED || errno == EPROTO)
            return std::optional<Socket>();
        return system_failure("accept a TCP connection", errno);
    }
    ASSAY_TRY_VOID(limit_waits(socket));
    return std::optional<Socket>(std::move(socket));
}

Expected<Transfer> send_some(const Socket& socket, std::span<const std::byte> bytes) {
    const ssize_t sent = send(socket.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0)
        return Transfer{.bytes = static_cast<std::size_t>(sent)};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return Transfer{};
    return failure(ErrorKind::io, "send on a TCP stream: the connection broke", errno);
}

Expected<Transfer> receive_some(const Socket& socket, std::span<std::byte> buffer) {
    const ssize_t received = recv(socket.descriptor(), buffer.data(), buffer.size(), 0);
    if (received >= 0)
        return Transfer{.bytes = static_cast<std::size_t>(received), .end = received == 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return Transfer{};
    return failure(ErrorKind::io, "receive on a TCP stream: the connection broke", errno);
}

Expected<void> finish_sending(const Socket& socket) {
    if (shutdown(socket.descriptor(), SHUT_WR) != 0)
        return failure(ErrorKind::io, "end a TCP stream", errno);
    return {};
}

std::optional<std::string> congestion_control_of(const Socket& socket) {
    // 16 bytes is the kernel's TCP_CA_NAME_MAX, the end of the text included.
    std::array<char, 16> name{};
    socklen_t size = name.size();
    if (getsockopt(socket.descriptor(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) != 0)
        return std::nullopt;
    const auto end = std::find(name.begin(), name.end(), '\0');
    return end == name.begin() ? std::nullopt : std::optional(std::string(name.begin(), end));
}

Expected<void> limit_rate(const Socket& socket, double bytes_per_s) {
    const auto rate = static_cast<std::uint64_t>(std::max(1.0, std::floor(bytes_per_s)));
    return set_option(socket, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate),
                      "the highest rate (SO_MAX_PACING_RATE)");
}

std::optional<MovedBytes> moved_bytes_of(const Socket& socket) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (getsockopt(socket.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(tcp_info, tcpi_segs_out))
        return std::nullopt;
    MovedBytes moved{.sent = info.tcpi_bytes_acked,
                     .resent = 0,
                     .received = info.tcpi_bytes_received,
                     .segment_bytes = info.tcpi_snd_mss};
    if (size >= offsetof(tcp_info, tcpi_dsack_dups)) {
        moved.sent = info.tcpi_bytes_sent;
        moved.resent = info.tcpi_bytes_retrans;
    }
    return moved;
}

}  // namespace assay::network
