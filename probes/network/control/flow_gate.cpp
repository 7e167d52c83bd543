#include "probes/network/control/flow_gate.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace assay::network::control {
namespace {

constexpr int kMostDatagrams = 64;  ///< taken in one go
/// A cookie lives for one to two of these.
constexpr std::chrono::seconds kCookieSlot{5};
/// Longer than an INIT, so that a longer datagram is seen to be longer.
constexpr std::size_t kBufferBytes = PathDatagram::kInitBytes + 1;

std::uint64_t slot_now() {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                      kCookieSlot);
}

bool turn_on(const Socket& socket, int level, int option) {
    const int on = 1;
    return setsockopt(socket.descriptor(), level, option, &on, sizeof(on)) == 0;
}

}  // namespace

/// A datagram with both of its addresses: a host with several answers from the one that was asked.
struct FlowGate::Received {
    PathDatagram datagram;
    Endpoint from, to;
};

Expected<FlowGate> FlowGate::make(std::vector<Socket> sockets) {
    ASSAY_TRY(const SharedKey secret, make_key());
    return FlowGate(std::move(sockets), secret);
}

Expected<void> FlowGate::give_sockets_to(uid_t user) const {
    for (const Socket& socket : sockets_)
        if (fchown(socket.descriptor(), user, static_cast<gid_t>(-1)) != 0)
            return system_failure("give a socket to user " + std::to_string(user), errno);
    return {};
}

void FlowGate::add_to(std::vector<pollfd>& wanted) {
    first_ = wanted.size();
    for (const Socket& socket : sockets_)
        wanted.push_back({socket.descriptor(), POLLIN, 0});
}

namespace {

/// The local address that a datagram was sent to, with the port that we listen on.
std::optional<Endpoint> destination_of(msghdr& message, const Endpoint& local) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(part), sizeof(info));
            sockaddr_in v4{};
            v4.sin_family = AF_INET;
            v4.sin_port = htons(local.port());
            v4.sin_addr = info.ipi_addr;
            const auto made = Endpoint::of_raw(reinterpret_cast<sockaddr*>(&v4), sizeof(v4));
            return made ? std::optional(*made) : std::nullopt;
        }
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(part), sizeof(info));
            sockaddr_in6 v6{};
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(local.port());
            v6.sin6_addr = info.ipi6_addr;
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                v6.sin6_scope_id = info.ipi6_ifindex;
            const auto made = Endpoint::of_raw(reinterpret_cast<sockaddr*>(&v6), sizeof(v6));
            return made ? std::optional(*made) : std::nullopt;
        }
    }
    return std::nullopt;
}

/// A new socket from `local` to `remote`, beside the one that listens on the same port.
Expected<Socket> connected_flow(const Endpoint& local, const Endpoint& remote) {
    Socket socket(::socket(local.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
    if (!socket.is_open() || !turn_on(socket, SOL_SOCKET, SO_REUSEPORT) ||
        (local.family() == AF_INET6 && !turn_on(socket, IPPROTO_IPV6, IPV6_V6ONLY)) ||
        bind(socket.descriptor(), local.address(), local.size()) != 0 ||
        connect(socket.descriptor(), remote.address(), remote.size()) != 0)
        return system_failure("open a UDP flow to " + remote.text(), errno);
    // Between bind and connect it could get what was meant for the one that listens.
    std::array<std::byte, 1> scrap{};
    while (recv(socket.descriptor(), scrap.data(), scrap.size(), MSG_DONTWAIT) >= 0) {
    }
    return socket;
}

/// nullopt where nothing more is there; the inner one where it was nothing of ours.
struct Taken {
    std::optional<PathDatagram> datagram;
    std::optional<Endpoint> from, to;
};
std::optional<Taken> take_datagram(const Socket& socket, const Endpoint& local) {
    std::array<std::byte, kBufferBytes> buffer;
    alignas(cmsghdr) std::array<std::byte, 128> control;
    sockaddr_storage source{};
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof(source);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(socket.descriptor(), &message, MSG_DONTWAIT);
    if (got < 0)
        return std::nullopt;
    Taken taken;
    taken.datagram = PathDatagram::decode(std::span(buffer).first(static_cast<std::size_t>(got)));
    const auto from = Endpoint::of_raw(reinterpret_cast<sockaddr*>(&source), message.msg_namelen);
    if (from)
        taken.from = *from;
    taken.to = destination_of(message, local);
    return taken;
}

}  // namespace

FlowGate::News FlowGate::work(const std::vector<pollfd>& ready,
                              const std::optional<ExpectedData>& data) {
    News news;
    for (std::size_t at = 0; at < sockets_.size(); ++at) {
        const auto local = Endpoint::of_socket(sockets_[at].descriptor());
        if (ready[first_ + at].revents == 0 || !local)
            continue;
        for (int taken = 0; taken < kMostDatagrams; ++taken) {
            const auto next = take_datagram(sockets_[at], *local);
            if (!next)
                break;
            if (!next->datagram || !next->from || !next->to)
                continue;
            const Received received{*next->datagram, *next->from, *next->to};
            if (received.datagram.type == PathDatagram::Type::life)
                news.signs_of_life.push_back(received.datagram);
            else if (!data || Address::of(received.from) != data->prober ||
                     !received.datagram.is_genuine(data->arrivals.test_key()))
                continue;
            else if (received.datagram.type == PathDatagram::Type::init)
                answer(sockets_[at], received, *data);
            else if (received.datagram.type == PathDatagram::Type::response &&
                     open_flow(received, *data))
                news.open_flows.push_back(received.datagram.index);
        }
    }
    return news;
}

void FlowGate::answer(const Socket& socket, const Received& received, const ExpectedData& data) {
    const PathDatagram challenge =
        PathDatagram{
            .type = PathDatagram::Type::challenge,
            .index = received.datagram.index,
            .nonce = received.datagram.nonce,
            .cookie = cookie_of(received, slot_now()),
        }
            .signed_with(data.arrivals.test_key());
    const std::vector<std::byte> bytes = challenge.encode();
    static_assert(PathDatagram::kBytes <= PathDatagram::kInitBytes);
    iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
    alignas(cmsghdr) std::array<std::byte, 64> control{};
    msghdr message{};
    message.msg_name = const_cast<sockaddr*>(received.from.address());
    message.msg_namelen = received.from.size();
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* source = CMSG_FIRSTHDR(&message);
    if (received.to.family() == AF_INET6) {
        in6_pktinfo info{};
        sockaddr_in6 v6{};
        std::memcpy(&v6, received.to.address(), sizeof(v6));
        info.ipi6_addr = v6.sin6_addr;
        info.ipi6_ifindex = v6.sin6_scope_id;
        source->cmsg_level = IPPROTO_IPV6;
        source->cmsg_type = IPV6_PKTINFO;
        source->cmsg_len = CMSG_LEN(sizeof(info));
        std::memcpy(CMSG_DATA(source), &info, sizeof(info));
        message.msg_controllen = CMSG_SPACE(sizeof(info));
    } else {
        in_pktinfo info{};
        sockaddr_in v4{};
        std::memcpy(&v4, received.to.address(), sizeof(v4));
        info.ipi_spec_dst = v4.sin_addr;
        source->cmsg_level = IPPROTO_IP;
        source->cmsg_type = IP_PKTINFO;
        source->cmsg_len = CMSG_LEN(sizeof(info));
        std::memcpy(CMSG_DATA(source), &info, sizeof(info));
        message.msg_controllen = CMSG_SPACE(sizeof(info));
    }
    // One that cannot be sent is one that was lost: the prober asks again.
    static_cast<void>(sendmsg(socket.descriptor(), &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

bool FlowGate::open_flow(const Received& received, const ExpectedData& data) const {
    const std::uint64_t slot = slot_now();
    const Proof& shown = received.datagram.cookie;
    if (!equal_in_constant_time(shown, cookie_of(received, slot)) &&
        !equal_in_constant_time(shown, cookie_of(received, slot - 1)))
        return false;
    if (!data.arrivals.admit_flow(received.datagram.index))
        return false;
    auto flow = connected_flow(received.to, received.from);
    if (!flow)
        return false;
    data.arrivals.put_flow(received.datagram.index, std::move(*flow));
    return true;
}

/// Bound to both ports and addresses, the flow, the prober's nonce and the time.
Proof FlowGate::cookie_of(const Received& received, std::uint64_t slot) const {
    const std::string text = received.from.text() + ' ' + received.to.text() + ' ' +
                             std::to_string(received.datagram.index) + ' ' +
                             std::to_string(received.datagram.nonce) + ' ' + std::to_string(slot);
    const auto digest = hmac_sha256(secret_, std::as_bytes(std::span(text)));
    Proof cookie{};
    std::copy_n(digest.begin(), cookie.size(), cookie.begin());
    return cookie;
}

}  // namespace assay::network::control
