#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/error.h"
#include "probes/network/wire/endpoint.h"

namespace assay::network::path {

/// How packets of this host to one address leave it, as the kernel would route them now.
struct Route {
    /// The address is this host's own, or the way leads over a loopback interface: nothing that is
    /// measured over it says anything of a network.
    bool same_host = false;
    unsigned interface_index = 0;
    std::string interface_name;                ///< "eth0"
    std::optional<std::string> source;         ///< "192.0.2.1"
    std::optional<std::string> gateway;        ///< absent on a direct link
    std::optional<std::uint32_t> mtu_bytes{};  ///< learnt or set for this route
};

/// Asks rtnetlink (RTM_GETROUTE) in the calling thread's network namespace. Errors: unavailable
/// (no route), by errno.
Expected<Route> route_to(const Endpoint& remote);

}  // namespace assay::network::path
