#include "probes/network/udp/flow_socket.h"

#include <ifaddrs.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>

#include "probes/network/wire/endpoint.h"

namespace assay::network::udp {
namespace {

constexpr std::size_t kUdpHeaderBytes = 8, kIpv4HeaderBytes = 20, kIpv6HeaderBytes = 40;
/// A NIC without room in its error queue is no reason to loop for ever.
constexpr std::size_t kMostErrors = 1024;

bool set_integer(const Socket& flow, int level, int name, int value) {
    return setsockopt(flow.descriptor(), level, name, &value, sizeof(value)) == 0;
}

Expected<void> must_set(const Socket& flow, int level, int name, int value, std::string_view what) {
    if (set_integer(flow, level, name, value))
        return {};
    return system_failure("set " + std::string(what) + " on a UDP socket", errno);
}

Expected<int> integer_of(const Socket& flow, int level, int name, std::string_view what) {
    int value = 0;
    socklen_t size = sizeof(value);
    if (getsockopt(flow.descriptor(), level, name, &value, &size) == 0)
        return value;
    return system_failure("read " + std::string(what) + " of a UDP socket", errno);
}

Expected<bool> is_ipv6(const Socket& flow) {
    ASSAY_TRY(const int family, integer_of(flow, SOL_SOCKET, SO_DOMAIN, "SO_DOMAIN"));
    return family == AF_INET6;
}

int as_option(std::size_t bytes) {
    return static_cast<int>(
        std::min<std::size_t>(bytes, std::numeric_limits<int>::max() / 4));  // the kernel doubles
}

}  // namespace

Expected<void> prepare_sending(const Socket& flow) {
    ASSAY_TRY(const bool ipv6, is_ipv6(flow));
    if (ipv6) {
        ASSAY_TRY_VOID(must_set(flow, IPPROTO_IPV6, IPV6_RECVERR, 1, "IPV6_RECVERR"));
        return must_set(flow, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO,
                        "IPV6_MTU_DISCOVER");
    }
    ASSAY_TRY_VOID(must_set(flow, IPPROTO_IP, IP_RECVERR, 1, "IP_RECVERR"));
    return must_set(flow, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, "IP_MTU_DISCOVER");
}

Expected<std::size_t> most_payload(const Socket& flow) {
    ASSAY_TRY(const bool ipv6, is_ipv6(flow));
    ASSAY_TRY(const int mtu, ipv6 ? integer_of(flow, IPPROTO_IPV6, IPV6_MTU, "IPV6_MTU")
                                  : integer_of(flow, IPPROTO_IP, IP_MTU, "IP_MTU"));
    const std::size_t headers = kUdpHeaderBytes + (ipv6 ? kIpv6HeaderBytes : kIpv4HeaderBytes);
    return static_cast<std::size_t>(mtu) > headers ? static_cast<std::size_t>(mtu) - headers : 0;
}

Expected<std::uint64_t> ask_receive_buffer(const Socket& flow, std::size_t bytes) {
    // The forced option passes net.core.rmem_max, and needs CAP_NET_ADMIN.
    if (!set_integer(flow, SOL_SOCKET, SO_RCVBUFFORCE, as_option(bytes)))
        ASSAY_TRY_VOID(must_set(flow, SOL_SOCKET, SO_RCVBUF, as_option(bytes), "SO_RCVBUF"));
    ASSAY_TRY(const int granted, integer_of(flow, SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF"));
    return static_cast<std::uint64_t>(granted);
}

void ask_send_buffer(const Socket& flow, std::size_t bytes) {
    if (!set_integer(flow, SOL_SOCKET, SO_SNDBUFFORCE, as_option(bytes)))
        set_integer(flow, SOL_SOCKET, SO_SNDBUF, as_option(bytes));
}

Expected<void> ask_time_stamps(const Socket& flow) {
    return must_set(flow, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
}

bool ask_coalescing(const Socket& flow) {
    return set_integer(flow, IPPROTO_UDP, UDP_GRO, 1);
}

std::optional<std::uint32_t> drops_of(const Socket& flow) {
    std::array<std::uint32_t, SK_MEMINFO_VARS> facts{};
    socklen_t size = sizeof(facts);
    if (getsockopt(flow.descriptor(), SOL_SOCKET, SO_MEMINFO, facts.data(), &size) != 0 ||
        size < (SK_MEMINFO_DROPS + 1) * sizeof(std::uint32_t))
        return std::nullopt;
    return facts[SK_MEMINFO_DROPS];
}

std::optional<std::uint64_t> queued_bytes(const Socket& flow) {
    int bytes = 0;
    if (ioctl(flow.descriptor(), SIOCOUTQ, &bytes) != 0 || bytes < 0)
        return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

std::size_t drain_errors(const Socket& flow) {
    std::array<std::byte, 512> control{};
    for (std::size_t drained = 0; drained < kMostErrors; ++drained) {
        msghdr message{};
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (recvmsg(flow.descriptor(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return drained;
    }
    return kMostErrors;
}

std::optional<std::string> interface_of(const Socket& flow) {
    const auto local = Endpoint::of_socket(flow.descriptor());
    if (!local)
        return std::nullopt;
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0)
        return std::nullopt;
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(first, &freeifaddrs);
    const auto same_address = [&](const sockaddr* address) {
        if (address == nullptr || address->sa_family != local->family())
            return false;
        if (address->sa_family == AF_INET)
            return reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr ==
                   reinterpret_cast<const sockaddr_in*>(local->address())->sin_addr.s_addr;
        return std::memcmp(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr,
                           &reinterpret_cast<const sockaddr_in6*>(local->address())->sin6_addr,
                           sizeof(in6_addr)) == 0;
    };
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next)
        if (same_address(at->ifa_addr))
            return at->ifa_name;
    return std::nullopt;
}

}  // namespace assay::network::udp
