#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "probes/network/path/blocked_port.h"
#include "probes/network/rtt/handshake_paths.h"

namespace assay::network::rtt {
namespace {

// Connections that were never answered stay open until the path is destroyed; more at a time than
// this is no measurement but a flood.
constexpr std::size_t kMostPending = 1024;

}  // namespace

Expected<std::unique_ptr<ConnectPath>> ConnectPath::to(const Endpoint& listener) {
    Socket events(epoll_create1(EPOLL_CLOEXEC));
    if (!events.is_open())
        return system_failure("open an event queue for TCP connects", errno);
    return std::unique_ptr<ConnectPath>(new ConnectPath(std::move(events), listener));
}

Expected<bool> ConnectPath::send(std::uint64_t sequence) {
    if (pending_.size() >= kMostPending)
        return failure(ErrorKind::unavailable,
                       "TCP connects to " + listener_.text() +
                           " are not answered: the port is filtered, or the peer is gone");
    Socket socket(::socket(listener_.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.is_open())
        return system_failure("open a TCP socket", errno);
    // Closed by a reset, so that a thousand connects leave no thousand ports waiting.
    const linger abort{.l_onoff = 1, .l_linger = 0};
    if (setsockopt(socket.descriptor(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)) != 0)
        return system_failure("set SO_LINGER on a TCP socket", errno);
    const int descriptor = socket.descriptor();
    if (connect(descriptor, listener_.address(), listener_.size()) != 0 && errno != EINPROGRESS)
        return failure(ErrorKind::unavailable, "connect to " + listener_.text() + " over TCP",
                       errno);
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.u64 = sequence;
    if (epoll_ctl(events_.descriptor(), EPOLL_CTL_ADD, descriptor, &event) != 0)
        return system_failure("watch a TCP connect", errno);
    pending_.insert_or_assign(sequence, std::move(socket));
    return true;
}

Expected<std::optional<EchoAnswer>> ConnectPath::receive() {
    epoll_event event{};
    const int ready = epoll_wait(events_.descriptor(), &event, 1, 0);
    const std::int64_t received_ns = now_ns();
    if (ready < 0 && errno != EINTR)
        return system_failure("wait for a TCP connect", errno);
    if (ready <= 0)
        return std::nullopt;
    const std::uint64_t sequence = event.data.u64;
    const auto socket = pending_.find(sequence);
    if (socket == pending_.end())
        return std::nullopt;
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(socket->second.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    pending_.erase(socket);  // closing it also takes it out of the event queue
    if (error != 0) {
        path::PortAttempt attempt;
        attempt.protocol = "tcp";
        attempt.where = listener_.text();
        attempt.system_errno = error;
        return failure(ErrorKind::unavailable, path::port_finding(attempt)->message);
    }
    return EchoAnswer{.sequence = sequence, .received_ns = received_ns};
}

}  // namespace assay::network::rtt
