#pragma once

#include <string>
#include <vector>

#include "probes/network/wire/endpoint.h"
#include "probes/network/wire/socket.h"

/// From "HOST:PORT" to a TCP connection; and where there is none, whose no it was.
namespace assay::network::control {

struct HostPort {
    std::string host;  ///< a name or a numeric address, without brackets
    std::uint16_t port = 0;
};

/// The port of an agent where none is named.
inline constexpr std::uint16_t kDefaultPort = 4840;

/// "host:4840", "192.0.2.7:4840", "[2001:db8::1]:4840"; without a port kDefaultPort. Errors: usage.
Expected<HostPort> parse_host_port(const std::string& text);

/// Addresses of a name, in the order in which to try them; families alternate. Waits for name
/// servers in a thread of its own, for 5 s at most. Errors: unavailable (no such name), timed_out.
Expected<std::vector<Endpoint>> resolve(const HostPort& peer, const Interrupt& interrupt);

/// The first of `candidates` that takes a TCP connection; the next is tried beside it after 250 ms
/// (RFC 8305). Waits 4 s at most. Errors: unavailable or timed_out, and the sentence tells a closed
/// port (reset), a firewall that says so (ICMP prohibited), an unreachable host, and silence
/// (filtered) apart. Of silence in less than 2 s it says that there was too little time.
Expected<Socket> reach(const std::vector<Endpoint>& candidates, const Interrupt& interrupt);

}  // namespace assay::network::control
