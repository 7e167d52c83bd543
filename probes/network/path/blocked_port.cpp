#include "probes/network/path/blocked_port.h"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace assay::network::path {
namespace {

PortState state_of_icmp4(std::uint8_t type, std::uint8_t code) {
    if (type != ICMP_DEST_UNREACH)
        return PortState::unreachable;
    switch (code) {
        case ICMP_PORT_UNREACH:
        case ICMP_PROT_UNREACH:
            return PortState::closed;
        case ICMP_NET_ANO:
        case ICMP_HOST_ANO:
        case ICMP_PKT_FILTERED:
        case ICMP_PREC_VIOLATION:
        case ICMP_PREC_CUTOFF:
            return PortState::prohibited;
        default:
            return PortState::unreachable;
    }
}

PortState state_of_icmp6(std::uint8_t type, std::uint8_t code) {
    constexpr std::uint8_t kPolicy = 5, kRejectedRoute = 6;  // RFC 4443, section 3.1
    if (type != ICMP6_DST_UNREACH)
        return PortState::unreachable;
    switch (code) {
        case ICMP6_DST_UNREACH_NOPORT:
            return PortState::closed;
        case ICMP6_DST_UNREACH_ADMIN:
        case kPolicy:
        case kRejectedRoute:
            return PortState::prohibited;
        default:
            return PortState::unreachable;
    }
}

std::string explanation_of(PortState state) {
    switch (state) {
        case PortState::open:
            return "answers";
        case PortState::closed:
            return "is refused by the host itself: nothing listens there, or its firewall resets";
        case PortState::prohibited:
            return "is prohibited by a firewall that says so";
        case PortState::unreachable:
            return "cannot be reached: a route, a link or the host is missing";
        case PortState::silent:
            return "is silent: a firewall drops the packets without a word, or the host is down";
        case PortState::not_permitted:
            return "is forbidden by this host's own rules or rights";
    }
    return "";
}

}  // namespace

std::string_view name_of(PortState state) {
    switch (state) {
        case PortState::open:
            return "open";
        case PortState::closed:
            return "closed";
        case PortState::prohibited:
            return "prohibited";
        case PortState::unreachable:
            return "unreachable";
        case PortState::silent:
            return "silent";
        case PortState::not_permitted:
            return "not_permitted";
    }
    return "unreachable";
}

PortState judge_port(const PortAttempt& attempt) {
    if (attempt.answered)
        return PortState::open;
    // The code is finer than the errno that the kernel makes of it.
    if (attempt.icmp_type && attempt.icmp_code)
        return attempt.ipv6 ? state_of_icmp6(*attempt.icmp_type, *attempt.icmp_code)
                            : state_of_icmp4(*attempt.icmp_type, *attempt.icmp_code);
    switch (attempt.system_errno) {
        case 0:
        case ETIMEDOUT:
        case EAGAIN:
        case EINPROGRESS:
            return PortState::silent;
        case ECONNREFUSED:
        case ECONNRESET:
            return PortState::closed;
        case EPERM:
        case EACCES:
            // Without an ICMP message it was a local rule (an output chain, a routing policy).
            return PortState::not_permitted;
        default:
            return PortState::unreachable;
    }
}

std::optional<Finding> port_finding(const PortAttempt& attempt) {
    const PortState state = judge_port(attempt);
    if (state == PortState::open)
        return std::nullopt;
    std::string message = std::string(attempt.protocol) + " to " + attempt.where + " " +
                          explanation_of(state) + " (" + std::string(name_of(state));
    if (attempt.icmp_type && attempt.icmp_code)
        message += ", ICMP type " + std::to_string(*attempt.icmp_type) + " code " +
                   std::to_string(*attempt.icmp_code) +
                   (attempt.icmp_from.empty() ? "" : " from " + attempt.icmp_from);
    else if (attempt.system_errno != 0)
        message += std::string(", ") + strerrordesc_np(attempt.system_errno);
    return make_finding("port_blocked", message + ").");
}

bool want_icmp_errors(int socket, int family) {
    const int on = 1;
    return family == AF_INET6 ? setsockopt(socket, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)) == 0
                              : setsockopt(socket, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0;
}

bool take_icmp_error(int socket, PortAttempt& attempt) {
    std::array<std::byte, 64> payload{};
    alignas(cmsghdr) std::array<std::byte, 512> control{};
    iovec part{.iov_base = payload.data(), .iov_len = payload.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
         item = CMSG_NXTHDR(&message, item)) {
        const bool v4 = item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_RECVERR;
        const bool v6 = item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_RECVERR;
        if ((!v4 && !v6) || item->cmsg_len < CMSG_LEN(sizeof(sock_extended_err)))
            continue;
        sock_extended_err error{};
        std::memcpy(&error, CMSG_DATA(item), sizeof(error));
        attempt.system_errno = static_cast<int>(error.ee_errno);
        attempt.ipv6 = v6;
        if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6)
            return true;
        attempt.icmp_type = error.ee_type;
        attempt.icmp_code = error.ee_code;
        std::array<char, INET6_ADDRSTRLEN> from{};
        if (v4 && item->cmsg_len >= CMSG_LEN(sizeof(error) + sizeof(sockaddr_in))) {
            sockaddr_in sender{};
            std::memcpy(&sender, CMSG_DATA(item) + sizeof(error), sizeof(sender));
            if (inet_ntop(AF_INET, &sender.sin_addr, from.data(), from.size()) != nullptr)
                attempt.icmp_from = from.data();
        } else if (v6 && item->cmsg_len >= CMSG_LEN(sizeof(error) + sizeof(sockaddr_in6))) {
            sockaddr_in6 sender{};
            std::memcpy(&sender, CMSG_DATA(item) + sizeof(error), sizeof(sender));
            if (inet_ntop(AF_INET6, &sender.sin6_addr, from.data(), from.size()) != nullptr)
                attempt.icmp_from = from.data();
        }
        return true;
    }
    return false;
}

}  // namespace assay::network::path
