#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/finding.h"

namespace assay::network::path {

/// What an attempt to reach a port met: the outcome of the call, and what ICMP said of it
/// (IP_RECVERR; RFC 792, RFC 4443).
struct PortAttempt {
    std::string_view protocol;  ///< "tcp", "udp", "icmp"
    std::string where;          ///< "192.0.2.7:4840"
    int system_errno = 0;       ///< 0 = the call itself did not fail
    bool answered = false;
    bool ipv6 = false;
    /// Of the ICMP error that came back, if one did.
    std::optional<std::uint8_t> icmp_type, icmp_code;
    std::string icmp_from;  ///< who sent it; empty = unknown
};

enum class PortState {
    open,          ///< an answer came
    closed,        ///< the host itself refused: TCP reset, or ICMP port unreachable
    prohibited,    ///< a firewall said so, by ICMP
    unreachable,   ///< no way there: a route, a host, a link is missing
    silent,        ///< nothing came back: filtered, or the host is down
    not_permitted  ///< this host's own rules or rights stopped it
};
std::string_view name_of(PortState state);  ///< "prohibited"

/// Tells the ways apart in which a port can be blocked. Pure.
PortState judge_port(const PortAttempt& attempt);

/// `port_blocked` with what was met and the ICMP code; nullopt for an open port.
std::optional<Finding> port_finding(const PortAttempt& attempt);

/// Takes the newest ICMP error off a socket with IP_RECVERR or IPV6_RECVERR into `attempt`. Does
/// not block. false where there is none.
bool take_icmp_error(int socket, PortAttempt& attempt);
/// Asks for those errors. false where the kernel refuses.
bool want_icmp_errors(int socket, int family);

}  // namespace assay::network::path
