#include "probes/network/tcp/connection.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <limits>

#include "engine/core/units.h"

namespace assay::network::tcp {
namespace {

std::int64_t of_microseconds(std::uint64_t microseconds) {
    return static_cast<std::int64_t>(microseconds) * kNanosecondsPerMicrosecond;
}

/// Did a kernel that filled `size` bytes of tcp_info fill the field that ends there?
bool reaches(socklen_t size, std::size_t end) {
    return size >= end;
}

std::optional<std::uint64_t> buffer_bytes(const Socket& socket, int name) {
    int bytes = 0;
    socklen_t size = sizeof(bytes);
    if (getsockopt(socket.descriptor(), SOL_SOCKET, name, &bytes, &size) != 0 || bytes < 0)
        return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

int family_of(const Socket& socket) {
    int family = AF_INET;
    socklen_t size = sizeof(family);
    if (getsockopt(socket.descriptor(), SOL_SOCKET, SO_DOMAIN, &family, &size) != 0)
        return AF_INET;
    return family;
}

}  // namespace

std::optional<ConnectionInfo> connection_info(const Socket& socket) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (getsockopt(socket.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        !reaches(size, offsetof(tcp_info, tcpi_segs_in)))
        return std::nullopt;
    ConnectionInfo facts{.retransmits = info.tcpi_total_retrans,
                         .segments_out = info.tcpi_segs_out,
                         .segment_bytes = info.tcpi_snd_mss,
                         .window_segments = info.tcpi_snd_cwnd,
                         .rtt_ns = of_microseconds(info.tcpi_rtt),
                         .least_rtt_ns = std::nullopt,
                         .receiver_rtt_ns = of_microseconds(info.tcpi_rcv_rtt),
                         .acked_bytes = info.tcpi_bytes_acked,
                         .unsent_bytes = std::nullopt,
                         .unacked_bytes = std::uint64_t{info.tcpi_unacked} * info.tcpi_snd_mss,
                         .busy_ns = std::nullopt,
                         .window_limited_ns = std::nullopt,
                         .buffer_limited_ns = std::nullopt};
    if (reaches(size, offsetof(tcp_info, tcpi_data_segs_in))) {
        facts.unsent_bytes = info.tcpi_notsent_bytes;
        // The kernel says 2^32 - 1 before the first sample.
        if (info.tcpi_min_rtt != std::numeric_limits<std::uint32_t>::max())
            facts.least_rtt_ns = of_microseconds(info.tcpi_min_rtt);
    }
    if (reaches(size, offsetof(tcp_info, tcpi_delivered))) {
        facts.busy_ns = of_microseconds(info.tcpi_busy_time);
        facts.window_limited_ns = of_microseconds(info.tcpi_rwnd_limited);
        facts.buffer_limited_ns = of_microseconds(info.tcpi_sndbuf_limited);
    }
    return facts;
}

std::optional<std::uint64_t> send_buffer_bytes(const Socket& socket) {
    return buffer_bytes(socket, SO_SNDBUF);
}

std::optional<std::uint64_t> receive_buffer_bytes(const Socket& socket) {
    return buffer_bytes(socket, SO_RCVBUF);
}

Expected<void> choose_congestion(const Socket& socket, const std::string& name) {
    if (setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_CONGESTION, name.data(),
                   static_cast<socklen_t>(name.size())) == 0)
        return {};
    if (errno == ENOENT)
        return failure(ErrorKind::unsupported,
                       "the sending host's kernel has no TCP congestion control '" + name +
                           "'; sysctl net.ipv4.tcp_available_congestion_control lists what it has");
    if (errno == EPERM)
        return failure(ErrorKind::permission, "only root may choose the TCP congestion control '" +
                                                  name +
                                                  "' on the sending host; add it to sysctl "
                                                  "net.ipv4.tcp_allowed_congestion_control there");
    return system_failure("choose the TCP congestion control '" + name + "'", errno);
}

Expected<void> mark_dscp(const Socket& socket, std::uint64_t code_point) {
    // The code point is the upper six bits; the lower two belong to ECN.
    const int field = static_cast<int>(code_point << 2);
    const bool is_v6 = family_of(socket) == AF_INET6;
    if (setsockopt(socket.descriptor(), is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                   is_v6 ? IPV6_TCLASS : IP_TOS, &field, sizeof(field)) != 0)
        return system_failure("mark a TCP stream with DSCP " + std::to_string(code_point), errno);
    return {};
}

Expected<void> make_nonblocking(const Socket& socket) {
    const int flags = fcntl(socket.descriptor(), F_GETFL);
    if (flags < 0 || fcntl(socket.descriptor(), F_SETFL, flags | O_NONBLOCK) != 0)
        return system_failure("make a TCP stream non-blocking", errno);
    return {};
}

Expected<bool> wait_for_half_close(const Socket& socket, std::chrono::milliseconds wait) {
    pollfd wanted{.fd = socket.descriptor(), .events = POLLRDHUP, .revents = 0};
    const int ready = poll(&wanted, 1, static_cast<int>(wait.count()));
    if (ready < 0 && errno != EINTR)
        return system_failure("wait for the other end of a TCP stream", errno);
    return ready > 0;
}

Expected<Transfer> discard_some(const Socket& socket, std::size_t most_bytes) {
    const ssize_t received = recv(socket.descriptor(), nullptr, most_bytes, MSG_TRUNC);
    if (received >= 0)
        return Transfer{.bytes = static_cast<std::size_t>(received), .end = received == 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return Transfer{};
    return failure(ErrorKind::io, "receive on a TCP stream: the connection broke", errno);
}

}  // namespace assay::network::tcp
