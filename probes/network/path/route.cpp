#include "probes/network/path/route.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>

#include "probes/network/path/netlink.h"

namespace assay::network::path {
namespace {

std::span<const std::byte> address_bytes(const Endpoint& endpoint) {
    if (endpoint.family() == AF_INET6)
        return std::as_bytes(
            std::span(&reinterpret_cast<const sockaddr_in6*>(endpoint.address())->sin6_addr, 1));
    return std::as_bytes(
        std::span(&reinterpret_cast<const sockaddr_in*>(endpoint.address())->sin_addr, 1));
}

std::optional<std::string> address_text(int family, const NetlinkAttributes& attributes,
                                        std::uint16_t type) {
    const auto found = attributes.find(type);
    if (found == attributes.end())
        return std::nullopt;
    const std::size_t wanted = family == AF_INET6 ? sizeof(in6_addr) : sizeof(in_addr);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (found->second.size() < wanted ||
        inet_ntop(family, found->second.data(), text.data(), text.size()) == nullptr)
        return std::nullopt;
    return std::string(text.data());
}

bool is_loopback(unsigned index) {
    std::array<char, IF_NAMESIZE> name{};
    // The first interface of each namespace is its loopback, whatever it was renamed to.
    return index == 1 ||
           (if_indextoname(index, name.data()) != nullptr && std::string_view(name.data()) == "lo");
}

Route route_of(const NetlinkAnswer& answer, int family) {
    Route route;
    const auto fixed = value_of<rtmsg>(answer.payload);
    if (!fixed)
        return route;
    const NetlinkAttributes attributes =
        attributes_of(std::span(answer.payload).subspan(NLMSG_ALIGN(sizeof(rtmsg))));
    route.interface_index = value_of<std::uint32_t>(attributes, RTA_OIF).value_or(0);
    std::array<char, IF_NAMESIZE> name{};
    if (if_indextoname(route.interface_index, name.data()) != nullptr)
        route.interface_name = name.data();
    route.source = address_text(family, attributes, RTA_PREFSRC);
    route.gateway = address_text(family, attributes, RTA_GATEWAY);
    if (const auto metrics = attributes.find(RTA_METRICS); metrics != attributes.end())
        route.mtu_bytes = value_of<std::uint32_t>(attributes_of(metrics->second), RTAX_MTU);
    route.same_host = fixed->rtm_type == RTN_LOCAL || is_loopback(route.interface_index);
    return route;
}

}  // namespace

Expected<Route> route_to(const Endpoint& remote) {
    ASSAY_TRY(Netlink kernel, Netlink::open());
    rtmsg fixed{};
    fixed.rtm_family = static_cast<unsigned char>(remote.family());
    fixed.rtm_dst_len = remote.family() == AF_INET6 ? 128 : 32;
    NetlinkRequest request(fixed);
    request.add(RTA_DST, address_bytes(remote));
    const auto answers = kernel.ask(RTM_GETROUTE, 0, request.bytes());
    if (!answers && (answers.error().system_errno == ENETUNREACH ||
                     answers.error().system_errno == EHOSTUNREACH))
        return failure(ErrorKind::unavailable,
                       "this host has no route to " + remote.text() +
                           "; look at 'ip route get', and bring the interface up",
                       answers.error().system_errno);
    if (!answers)
        return std::unexpected(answers.error());
    for (const NetlinkAnswer& answer : *answers)
        if (answer.type == RTM_NEWROUTE)
            return route_of(answer, remote.family());
    return failure(ErrorKind::io, "the kernel named no route to " + remote.text());
}

}  // namespace assay::network::path
