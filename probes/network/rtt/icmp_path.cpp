#include "probes/network/rtt/icmp_path.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "probes/network/rtt/echo_message.h"
#include "probes/network/rtt/receive_stamp.h"

namespace assay::network::rtt {
namespace {

constexpr std::size_t kIcmpHeaderBytes = 8;  // RFC 792, RFC 4443: type, code, checksum, id, number

struct Opened {
    Socket socket;
    IcmpSocket kind = IcmpSocket::ping;
};

Expected<Opened> open_socket(int family) {
    const int protocol = family == AF_INET6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
    Socket ping(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (ping.is_open())
        return Opened{std::move(ping), IcmpSocket::ping};
    const int ping_error = errno;
    Socket raw(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (raw.is_open())
        return Opened{std::move(raw), IcmpSocket::raw};
    const int raw_error = errno;
    return failure(
        ErrorKind::permission,
        std::string("ICMP echoes are not allowed here: a ping socket is refused (") +
            strerrordesc_np(ping_error) +
            "; the sysctl net.ipv4.ping_group_range does not hold this group), and so is a raw "
            "socket (" +
            strerrordesc_np(raw_error) +
            "; the capability CAP_NET_RAW is missing). Set sysctl net.ipv4.ping_group_range="
            "'0 2147483647', or give CAP_NET_RAW");
}

/// Raw sockets see every ICMP message of the host; only echo replies are wanted.
Expected<void> want_replies_only(const Socket& socket, int family) {
    int outcome = 0;
    if (family == AF_INET6) {
        icmp6_filter filter;
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
        outcome =
            setsockopt(socket.descriptor(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
    } else {
        icmp_filter filter{};
        filter.data = ~(std::uint32_t{1} << ICMP_ECHOREPLY);
        outcome = setsockopt(socket.descriptor(), SOL_RAW, ICMP_FILTER, &filter, sizeof(filter));
    }
    if (outcome != 0)
        return system_failure("filter a raw ICMP socket", errno);
    return {};
}

}  // namespace

std::string_view name_of(IcmpSocket kind) {
    return kind == IcmpSocket::ping ? "ping" : "raw";
}

std::uint16_t internet_checksum(std::span<const std::byte> bytes, std::uint32_t start) {
    std::uint64_t sum = start;
    for (std::size_t at = 0; at < bytes.size(); ++at)
        sum += std::to_integer<std::uint64_t>(bytes[at]) << (at % 2 == 0 ? 0 : 8);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::span<const std::byte> echo_data(std::span<const std::byte> packet, int family,
                                     IcmpSocket kind) {
    if (family == AF_INET && kind == IcmpSocket::raw) {
        constexpr std::size_t kWordBytes = 4, kShortestHeader = 20;
        if (packet.empty())
            return {};
        const std::size_t header =
            std::to_integer<std::size_t>(packet[0] & std::byte{0x0f}) * kWordBytes;
        if (header < kShortestHeader || header > packet.size())
            return {};
        packet = packet.subspan(header);
    }
    const auto reply =
        static_cast<std::byte>(family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
    if (packet.size() < kIcmpHeaderBytes || packet[0] != reply || packet[1] != std::byte{0})
        return {};
    return packet.subspan(kIcmpHeaderBytes);
}

Expected<std::unique_ptr<IcmpEchoPath>> IcmpEchoPath::open(const Endpoint& peer, std::uint64_t key,
                                                           std::size_t payload_bytes) {
    ASSAY_TRY(Opened opened, open_socket(peer.family()));
    if (opened.kind == IcmpSocket::raw)
        ASSAY_TRY_VOID(want_replies_only(opened.socket, peer.family()));
    ASSAY_TRY_VOID(want_receive_stamps(opened.socket));
    // Connected: nothing can go to another address, and only the peer's replies come in.
    if (connect(opened.socket.descriptor(), peer.address(), peer.size()) != 0)
        return system_failure("aim an ICMP socket at " + peer.text(), errno);
    return std::unique_ptr<IcmpEchoPath>(
        new IcmpEchoPath(std::move(opened.socket), opened.kind, peer, key, payload_bytes));
}

IcmpEchoPath::IcmpEchoPath(Socket socket, IcmpSocket kind, const Endpoint& peer, std::uint64_t key,
                           std::size_t payload_bytes)
    : socket_(std::move(socket)),
      kind_(kind),
      family_(peer.family()),
      key_(key),
      request_(kIcmpHeaderBytes + payload_bytes),
      // An IPv4 header of 60 bytes at most comes first over a raw socket.
      answer_(request_.size() + 60) {}

Expected<bool> IcmpEchoPath::send(std::uint64_t sequence) {
    const auto type = static_cast<std::byte>(family_ == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
    const auto id = static_cast<std::uint16_t>(getpid());  // a ping socket puts its own here
    const std::array<std::byte, kIcmpHeaderBytes> header{type,
                                                         std::byte{0},
                                                         std::byte{0},
                                                         std::byte{0},
                                                         static_cast<std::byte>(id >> 8),
                                                         static_cast<std::byte>(id),
                                                         static_cast<std::byte>(sequence >> 8),
                                                         static_cast<std::byte>(sequence)};
    std::memcpy(request_.data(), header.data(), header.size());
    const std::span data = std::span(request_).subspan(kIcmpHeaderBytes);
    EchoMessage{.sequence = sequence, .answer_bytes = static_cast<std::uint32_t>(data.size())}
        .encode(data, key_, EchoMessage::Direction::answer);
    if (family_ == AF_INET) {  // over IPv6 the kernel computes it
        const std::uint16_t sum = internet_checksum(request_);
        std::memcpy(request_.data() + 2, &sum, sizeof(sum));
    }
    if (::send(socket_.descriptor(), request_.data(), request_.size(), MSG_DONTWAIT) >= 0)
        return true;
    if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
        return false;
    return failure(kind_of_errno(errno), "send an ICMP echo request", errno);
}

Expected<std::optional<EchoAnswer>> IcmpEchoPath::receive() {
    for (;;) {
        ASSAY_TRY(const auto got, receive_stamped(socket_, answer_));
        if (!got)
            return std::nullopt;
        const auto data = echo_data(std::span(answer_).first(got->bytes), family_, kind_);
        const auto message = EchoMessage::decode(data, key_, EchoMessage::Direction::answer);
        if (message)  // else another program's ping
            return EchoAnswer{.sequence = message->sequence, .received_ns = got->received_ns};
    }
}

}  // namespace assay::network::rtt
