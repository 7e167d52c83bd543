#pragma once

#include <string>
#include <vector>

#include "probes/network/wire/endpoint.h"
#include "probes/network/wire/socket.h"

namespace assay::network::control {

/// A TCP and a UDP socket for each address, all with the same port number.
struct Listeners {
    std::vector<Socket> streams, datagrams;
    std::vector<Endpoint> endpoints;

    /// Port 0 takes one that is free for all of them. Errors: by errno; usage (no address).
    static Expected<Listeners> open(const std::vector<Endpoint>& wanted);
};

/// "192.0.2.7:4840", "[2001:db8::1]:4840"; ":4840" is every address of this host, and port 0 a free
/// one. Errors: usage.
Expected<std::vector<Endpoint>> parse_listen(const std::string& text);

/// All addresses of this host, in the families that it has: "[::]:port" and "0.0.0.0:port".
/// Errors: unsupported, where it has neither.
Expected<std::vector<Endpoint>> every_address(std::uint16_t port);

}  // namespace assay::network::control
