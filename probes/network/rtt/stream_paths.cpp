#include "probes/network/rtt/stream_paths.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "probes/network/rtt/echo_message.h"

namespace assay::network::rtt {
namespace {

bool has_no_room(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == EINTR;
}

}  // namespace

UdpEchoPath::UdpEchoPath(const Socket& socket, std::uint64_t key, std::size_t payload_bytes)
    : socket_(socket), key_(key), request_(payload_bytes), answer_(payload_bytes) {}

Expected<bool> UdpEchoPath::send(std::uint64_t sequence) {
    EchoMessage{.sequence = sequence, .answer_bytes = static_cast<std::uint32_t>(request_.size())}
        .encode(request_, key_, EchoMessage::Direction::request);
    if (::send(socket_.descriptor(), request_.data(), request_.size(),
               MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        return true;
    if (has_no_room(errno))
        return false;
    // An ICMP error about an earlier datagram, told once; this request was not sent. The next try
    // tells whether the peer is really gone.
    if (errno == ECONNREFUSED)
        return failure(ErrorKind::unavailable,
                       "the peer's UDP port refuses echoes; its agent has gone", errno);
    return system_failure("send a UDP echo request", errno);
}

Expected<std::optional<EchoAnswer>> UdpEchoPath::receive() {
    for (;;) {
        const ssize_t got =
            recv(socket_.descriptor(), answer_.data(), answer_.size(), MSG_DONTWAIT);
        const std::int64_t received_ns = now_ns();
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return std::nullopt;
        if (got < 0)
            return system_failure("receive a UDP echo", errno);
        const auto message =
            EchoMessage::decode(std::span(answer_).first(static_cast<std::size_t>(got)), key_,
                                EchoMessage::Direction::answer);
        if (message)
            return EchoAnswer{.sequence = message->sequence, .received_ns = received_ns};
        ++foreign_;
    }
}

TcpEchoPath::TcpEchoPath(const Socket& socket, std::uint64_t key, std::size_t payload_bytes)
    : socket_(&socket), key_(key), request_(payload_bytes), answer_(payload_bytes) {}

Expected<TcpEchoPath> TcpEchoPath::on(const Socket& socket, std::uint64_t key,
                                      std::size_t payload_bytes) {
    const int on = 1;
    if (setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        return system_failure("set TCP_NODELAY for echoes", errno);
    return TcpEchoPath(socket, key, payload_bytes);
}

Expected<bool> TcpEchoPath::send(std::uint64_t sequence) {
    if (request_left_ == 0) {
        EchoMessage{.sequence = sequence,
                    .answer_bytes = static_cast<std::uint32_t>(request_.size())}
            .encode(request_, key_, EchoMessage::Direction::request);
        request_left_ = request_.size();
    }
    const ssize_t took =
        ::send(socket_->descriptor(), request_.data() + (request_.size() - request_left_),
               request_left_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (took < 0 && has_no_room(errno))
        return false;
    if (took < 0)
        return failure(ErrorKind::io, "send an echo request over TCP", errno);
    request_left_ -= static_cast<std::size_t>(took);
    return request_left_ == 0;
}

Expected<std::optional<EchoAnswer>> TcpEchoPath::receive() {
    for (;;) {
        const ssize_t got = recv(socket_->descriptor(), answer_.data() + answer_have_,
                                 answer_.size() - answer_have_, MSG_DONTWAIT);
        const std::int64_t received_ns = now_ns();
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return std::nullopt;
        if (got < 0)
            return failure(ErrorKind::io, "receive an echo over TCP", errno);
        if (got == 0)
            return failure(ErrorKind::io,
                           "the peer closed the TCP connection in the middle of the echoes");
        answer_have_ += static_cast<std::size_t>(got);
        if (answer_have_ < answer_.size())
            continue;
        answer_have_ = 0;
        const auto message = EchoMessage::decode(answer_, key_, EchoMessage::Direction::answer);
        if (!message)
            return failure(ErrorKind::io, "what came back over TCP is no echo of this session");
        return EchoAnswer{.sequence = message->sequence, .received_ns = received_ns};
    }
}

}  // namespace assay::network::rtt
