#include "probes/network/wire/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace assay::network {
namespace {

// The socket calls speak of sockaddr_storage and mean one of its two readings. Copying out and in
// keeps that within the language's aliasing rules, and costs nothing that is ever timed.
template <class Address>
Address read_as(const sockaddr_storage& storage) {
    Address address{};
    std::memcpy(&address, &storage, sizeof(address));
    return address;
}

}  // namespace

Expected<Endpoint> Endpoint::of_address(std::string_view address, std::uint16_t port) {
    const std::string text(address);
    Endpoint endpoint;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&endpoint.storage_, &v4, sizeof(v4));
        return endpoint;
    }
    if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&endpoint.storage_, &v6, sizeof(v6));
        return endpoint;
    }
    return failure(ErrorKind::usage, "'" + text +
                                         "' is not a numeric IPv4 or IPv6 address; write it as "
                                         "192.0.2.1 or 2001:db8::1");
}

Expected<Endpoint> Endpoint::of_socket(int socket) {
    Endpoint endpoint;
    socklen_t size = sizeof(endpoint.storage_);
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&endpoint.storage_), &size) != 0)
        return system_failure("read the local address of a socket", errno);
    return endpoint;
}

Expected<Endpoint> Endpoint::of_other_end(int socket) {
    Endpoint endpoint;
    socklen_t size = sizeof(endpoint.storage_);
    if (getpeername(socket, reinterpret_cast<sockaddr*>(&endpoint.storage_), &size) != 0)
        return system_failure("read the remote address of a socket", errno);
    return endpoint;
}

Expected<Endpoint> Endpoint::of_raw(const sockaddr* address, socklen_t size) {
    Endpoint endpoint;
    const bool is_known =
        (address->sa_family == AF_INET && size >= socklen_t{sizeof(sockaddr_in)}) ||
        (address->sa_family == AF_INET6 && size >= socklen_t{sizeof(sockaddr_in6)});
    if (!is_known || size > socklen_t{sizeof(endpoint.storage_)})
        return failure(ErrorKind::unsupported, "an address that is neither IPv4 nor IPv6");
    std::memcpy(&endpoint.storage_, address, size);
    return endpoint;
}

std::string_view Endpoint::family_name() const {
    return family() == AF_INET6 ? "ipv6" : "ipv4";
}

std::uint16_t Endpoint::port() const {
    return ntohs(family() == AF_INET6 ? read_as<sockaddr_in6>(storage_).sin6_port
                                      : read_as<sockaddr_in>(storage_).sin_port);
}

std::string Endpoint::address_text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    const char* text = nullptr;
    if (family() == AF_INET6) {
        const in6_addr address = read_as<sockaddr_in6>(storage_).sin6_addr;
        text = inet_ntop(AF_INET6, &address, buffer.data(), buffer.size());
    } else {
        const in_addr address = read_as<sockaddr_in>(storage_).sin_addr;
        text = inet_ntop(AF_INET, &address, buffer.data(), buffer.size());
    }
    return text == nullptr ? "?" : text;
}

std::string Endpoint::text() const {
    const std::string port_text = ":" + std::to_string(port());
    return family() == AF_INET6 ? "[" + address_text() + "]" + port_text
                                : address_text() + port_text;
}

socklen_t Endpoint::size() const {
    return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

}  // namespace assay::network
