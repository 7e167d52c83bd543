#include "probes/network/control/listeners.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

namespace assay::network::control {
namespace {

/// Connections that the kernel holds until the loop takes them; it takes all that are there.
constexpr int kBacklog = 1 << 10;
/// A free TCP port whose UDP twin is in use is not free: another one is tried.
constexpr int kMostPortAttempts = 16;

Expected<void> turn_on(const Socket& socket, int level, int option, const std::string& what) {
    const int on = 1;
    if (setsockopt(socket.descriptor(), level, option, &on, sizeof(on)) != 0)
        return system_failure("set " + what, errno);
    return {};
}

Expected<Socket> bound(const Endpoint& local, int type) {
    Socket socket(::socket(local.family(), type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.is_open())
        return system_failure("open a socket for " + local.text(), errno);
    if (local.family() == AF_INET6) {
        ASSAY_TRY_VOID(turn_on(socket, IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY"));
    }
    if (type == SOCK_STREAM) {
        // Connections of an agent that was just stopped must not keep a new one from starting.
        ASSAY_TRY_VOID(turn_on(socket, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"));
    } else {
        // Each UDP flow gets a connected socket of its own on the same port.
        ASSAY_TRY_VOID(turn_on(socket, SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT"));
        const bool is_v6 = local.family() == AF_INET6;
        ASSAY_TRY_VOID(turn_on(socket, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                               is_v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, "packet information"));
    }
    if (bind(socket.descriptor(), local.address(), local.size()) != 0)
        return system_failure("listen on " + local.text(), errno);
    if (type == SOCK_STREAM && listen(socket.descriptor(), kBacklog) != 0)
        return system_failure("listen on " + local.text(), errno);
    return socket;
}

Expected<Listeners> open_once(const std::vector<Endpoint>& wanted) {
    Listeners listeners;
    std::uint16_t port = wanted.front().port();
    for (const Endpoint& address : wanted) {
        ASSAY_TRY(const Endpoint local, Endpoint::of_address(address.address_text(), port));
        ASSAY_TRY(Socket stream, bound(local, SOCK_STREAM));
        ASSAY_TRY(const Endpoint real, Endpoint::of_socket(stream.descriptor()));
        port = real.port();
        ASSAY_TRY(Socket datagram, bound(real, SOCK_DGRAM));
        listeners.streams.push_back(std::move(stream));
        listeners.datagrams.push_back(std::move(datagram));
        listeners.endpoints.push_back(real);
    }
    return listeners;
}

}  // namespace

Expected<Listeners> Listeners::open(const std::vector<Endpoint>& wanted) {
    if (wanted.empty())
        return failure(ErrorKind::usage, "no address to listen on");
    const int attempts = wanted.front().port() == 0 ? kMostPortAttempts : 1;
    Expected<Listeners> listeners;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        listeners = open_once(wanted);
        if (listeners || listeners.error().system_errno != EADDRINUSE)
            break;
    }
    return listeners;
}

Expected<std::vector<Endpoint>> parse_listen(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    std::uint16_t port = 0;
    const char* begin = colon == std::string::npos ? nullptr : text.data() + colon + 1;
    const char* const end = text.data() + text.size();
    const auto is_a_port = [&] {
        const auto [last, error] = std::from_chars(begin, end, port);
        return error == std::errc{} && last == end;
    };
    if (begin == nullptr || begin == end || !is_a_port())
        return failure(ErrorKind::usage,
                       "--listen: '" + text +
                           "' is not ADDRESS:PORT; write 192.0.2.7:4840, [2001:db8::1]:4840, or "
                           ":4840 for every address");
    std::string address = text.substr(0, colon);
    if (address.empty())
        return every_address(port);
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    ASSAY_TRY(const Endpoint endpoint, Endpoint::of_address(address, port));
    return std::vector{endpoint};
}

Expected<std::vector<Endpoint>> every_address(std::uint16_t port) {
    std::vector<Endpoint> found;
    for (const char* any : {"::", "0.0.0.0"}) {
        ASSAY_TRY(const Endpoint endpoint, Endpoint::of_address(any, port));
        const Socket attempt(::socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (attempt.is_open())
            found.push_back(endpoint);
    }
    if (found.empty())
        return failure(ErrorKind::unsupported, "this host has neither IPv4 nor IPv6");
    return found;
}

}  // namespace assay::network::control
