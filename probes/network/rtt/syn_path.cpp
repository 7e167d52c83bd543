#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "probes/network/rtt/handshake_paths.h"
#include "probes/network/rtt/icmp_path.h"
#include "probes/network/rtt/receive_stamp.h"

namespace assay::network::rtt {
namespace {

// Ports in turn, so that a lost reset does not make the peer take the next SYN for a repeated one.
constexpr std::size_t kPorts = 64;
constexpr std::size_t kTcpHeaderBytes = 20;

std::span<const std::byte> address_bytes(const Endpoint& endpoint) {
    if (endpoint.family() == AF_INET6)
        return std::as_bytes(
            std::span(&reinterpret_cast<const sockaddr_in6*>(endpoint.address())->sin6_addr, 1));
    return std::as_bytes(
        std::span(&reinterpret_cast<const sockaddr_in*>(endpoint.address())->sin_addr, 1));
}

/// The sum over the addresses, the protocol and the length, which the TCP checksum begins with.
std::uint32_t pseudo_header_sum(const Endpoint& from, const Endpoint& to) {
    std::uint32_t sum = 0;
    for (const Endpoint* endpoint : {&from, &to}) {
        const auto bytes = address_bytes(*endpoint);
        for (std::size_t at = 0; at < bytes.size(); ++at)
            sum += std::to_integer<std::uint32_t>(bytes[at]) << (at % 2 == 0 ? 0 : 8);
    }
    return sum + htons(IPPROTO_TCP) + htons(kTcpHeaderBytes);
}

/// A raw TCP socket gets a copy of every segment of this host. Only those with SYN and ACK, or RST,
/// from the listener's port pass; over IPv4 the IP header comes first.
Expected<void> filter_answers(const Socket& socket, int family, std::uint16_t listener_port) {
    constexpr std::uint32_t kFlagsOffset = 13, kSynAck = 0x12, kRst = 0x04;
    std::array<sock_filter, 7> program{{
        // X = length of the IP header (0 over IPv6, where the socket sees the TCP header alone).
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, listener_port, 0, 3),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, kFlagsOffset),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kRst | (kSynAck & 0x02), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    if (family == AF_INET6)
        program[0] = BPF_STMT(BPF_LDX | BPF_IMM, 0);
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    if (setsockopt(socket.descriptor(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0)
        return system_failure("filter a raw TCP socket", errno);
    return {};
}

}  // namespace

std::optional<SynAnswer> syn_answer(std::span<const std::byte> packet, int family,
                                    std::uint16_t listener_port) {
    if (family == AF_INET) {
        constexpr std::size_t kWordBytes = 4;
        if (packet.empty())
            return std::nullopt;
        const std::size_t header =
            std::to_integer<std::size_t>(packet[0] & std::byte{0x0f}) * kWordBytes;
        if (header > packet.size())
            return std::nullopt;
        packet = packet.subspan(header);
    }
    tcphdr tcp{};
    if (packet.size() < sizeof(tcp))
        return std::nullopt;
    std::memcpy(&tcp, packet.data(), sizeof(tcp));
    if (ntohs(tcp.source) != listener_port || tcp.ack == 0 || (tcp.syn == 0 && tcp.rst == 0))
        return std::nullopt;
    return SynAnswer{
        .to_port = ntohs(tcp.dest), .acknowledged = ntohl(tcp.ack_seq), .refused = tcp.rst != 0};
}

Expected<std::unique_ptr<SynPath>> SynPath::to(const Endpoint& listener, const Endpoint& source) {
    Socket raw(::socket(listener.family(), SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!raw.is_open())
        return failure(kind_of_errno(errno),
                       "the TCP handshake needs a raw socket, and with it the capability "
                       "CAP_NET_RAW: run as root, or rely on the TCP connect time",
                       errno);
    ASSAY_TRY_VOID(filter_answers(raw, listener.family(), listener.port()));
    ASSAY_TRY_VOID(want_receive_stamps(raw));
    // Over IPv6 the kernel computes the checksum where it is told the field's place.
    const int checksum_offset = offsetof(tcphdr, check);
    if (listener.family() == AF_INET6 && setsockopt(raw.descriptor(), IPPROTO_IPV6, IPV6_CHECKSUM,
                                                    &checksum_offset, sizeof(checksum_offset)) != 0)
        return system_failure("have the kernel compute TCP checksums", errno);
    std::vector<Socket> reserved;
    std::vector<std::uint16_t> ports;
    for (std::size_t port = 0; port < kPorts; ++port) {
        Socket socket(::socket(listener.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_storage any{};
        any.ss_family = static_cast<sa_family_t>(listener.family());
        if (!socket.is_open() ||
            bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&any), source.size()) != 0)
            return system_failure("reserve a TCP port", errno);
        ASSAY_TRY(const Endpoint bound, Endpoint::of_socket(socket.descriptor()));
        ports.push_back(bound.port());
        reserved.push_back(std::move(socket));
    }
    return std::unique_ptr<SynPath>(
        new SynPath(std::move(raw), std::move(reserved), std::move(ports), listener, source));
}

SynPath::SynPath(Socket socket, std::vector<Socket> reserved, std::vector<std::uint16_t> ports,
                 const Endpoint& listener, const Endpoint& source)
    : socket_(std::move(socket)),
      reserved_(std::move(reserved)),
      ports_(std::move(ports)),
      listener_(listener),
      source_(source),
      answer_(256) {}  // two headers with all their options

Expected<bool> SynPath::send(std::uint64_t sequence) {
    tcphdr tcp{};
    tcp.source = htons(ports_[sequence % ports_.size()]);
    tcp.dest = htons(listener_.port());
    // The request's number, so that the answer names it. Not secret: nothing is ever accepted.
    tcp.seq = htonl(static_cast<std::uint32_t>(sequence));
    tcp.doff = kTcpHeaderBytes / 4;
    tcp.syn = 1;
    tcp.window = htons(0xffff);
    if (listener_.family() == AF_INET)
        tcp.check = internet_checksum(std::as_bytes(std::span(&tcp, 1)),
                                      pseudo_header_sum(source_, listener_));
    // A raw socket takes the protocol's number where others take a port: it must be 0.
    sockaddr_storage to{};
    std::memcpy(&to, listener_.address(), listener_.size());
    if (listener_.family() == AF_INET6)
        reinterpret_cast<sockaddr_in6*>(&to)->sin6_port = 0;
    if (sendto(socket_.descriptor(), &tcp, sizeof(tcp), MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&to), listener_.size()) >= 0)
        return true;
    if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
        return false;
    return system_failure("send a SYN to " + listener_.text(), errno);
}

Expected<std::optional<EchoAnswer>> SynPath::receive() {
    for (;;) {
        ASSAY_TRY(const auto got, receive_stamped(socket_, answer_));
        if (!got)
            return std::nullopt;
        const auto answer =
            syn_answer(std::span(answer_).first(got->bytes), listener_.family(), listener_.port());
        if (!answer)
            continue;
        const std::uint64_t sequence = answer->acknowledged - std::uint32_t{1};
        if (answer->to_port != ports_[sequence % ports_.size()])
            continue;  // of another connection to the same port
        if (answer->refused)
            return failure(ErrorKind::unavailable,
                           "the peer's port " + listener_.text() +
                               " resets SYNs: nobody listens there, or a firewall resets");
        return EchoAnswer{.sequence = sequence, .received_ns = got->received_ns};
    }
}

}  // namespace assay::network::rtt
