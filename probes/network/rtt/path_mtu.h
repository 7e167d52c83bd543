#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/finding.h"
#include "probes/network/wire/socket.h"

namespace assay::network::rtt {

struct PathMtu {
    /// The largest IP packet that went to the peer unfragmented and was answered, in bytes; limited
    /// by the largest UDP datagram (65535 with its headers over IPv4).
    std::uint32_t bytes = 0;
    /// What the kernel believes at the end (IP_MTU): the interface's MTU, or what ICMP taught it.
    std::uint32_t believed_bytes = 0;
    /// Packets that the kernel believes will fit vanish, and no ICMP message says so.
    bool black_hole = false;
};

/// Sends requests of growing size with "do not fragment" to the echo role of the connected UDP flow
/// `socket`; each is answered by a short one, so that only the way to the peer is tested. A size
/// counts as lost after three silent tries of `patience` each. Numbers requests from
/// `first_sequence`. Errors: io, interrupted, timed_out; unavailable, where not even a packet of
/// 576 bytes is answered.
Expected<PathMtu> find_path_mtu(const Socket& socket, std::uint64_t key,
                                std::uint64_t first_sequence, std::chrono::nanoseconds patience,
                                const Interrupt& interrupt);

/// mtu_black_hole, or nothing.
std::vector<Finding> mtu_findings(const PathMtu& mtu);

}  // namespace assay::network::rtt
