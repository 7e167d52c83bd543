#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace assay::network {

/// A numeric address and a TCP or UDP port: what bind, connect and accept speak of. Names are never
/// resolved here, so no call waits for a name server.
class Endpoint {
  public:
    /// `address` is numeric: "127.0.0.1", "::1". Errors: usage.
    static Expected<Endpoint> of_address(std::string_view address, std::uint16_t port);
    /// Where `socket` is bound. Errors: by errno.
    static Expected<Endpoint> of_socket(int socket);
    /// Whom `socket` is connected to. Errors: by errno.
    static Expected<Endpoint> of_other_end(int socket);
    /// What a socket call gave. Errors: unsupported (neither IPv4 nor IPv6).
    static Expected<Endpoint> of_raw(const sockaddr* address, socklen_t size);

    int family() const { return storage_.ss_family; }
    std::string_view family_name() const;  ///< "ipv4" or "ipv6": the condition in result files
    std::uint16_t port() const;
    std::string address_text() const;  ///< without the port: "127.0.0.1", "::1"
    std::string text() const;          ///< "127.0.0.1:4711", "[::1]:4711"

    const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t size() const;

  private:
    sockaddr_storage storage_{};
};

}  // namespace assay::network
