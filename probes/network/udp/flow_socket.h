#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/error.h"
#include "probes/network/wire/socket.h"

namespace assay::network::udp {

/// What a connected UDP socket must be told before a trial, and what the kernel says of it.

/// Sets what a sender needs: never fragment, so that a datagram is a packet; and hear of drops
/// (IP_RECVERR), since without it the kernel hides what the sending host's own queue drops.
/// Errors: by errno.
Expected<void> prepare_sending(const Socket& flow);

/// The largest payload that travels to the peer in one packet (IP_MTU less the headers).
/// Errors: by errno.
Expected<std::size_t> most_payload(const Socket& flow);

/// Asks for a receive buffer of `bytes` and returns what was granted, in bytes of the kernel's own
/// accounting, in which a datagram weighs about twice its payload. Errors: by errno.
Expected<std::uint64_t> ask_receive_buffer(const Socket& flow, std::size_t bytes);
/// The same for sending; refusal is no error, since a small buffer only makes the sender wait.
void ask_send_buffer(const Socket& flow, std::size_t bytes);

/// Asks for the kernel's receive time of each datagram. Errors: by errno.
Expected<void> ask_time_stamps(const Socket& flow);
/// Lets the kernel coalesce datagrams (UDP_GRO). false where it cannot.
bool ask_coalescing(const Socket& flow);

/// Datagrams that this socket dropped since it was opened, for want of room or a bad check sum:
/// SO_MEMINFO, the counter that /proc/net/udp shows too. It wraps at 2^32. nullopt if the kernel
/// does not say.
std::optional<std::uint32_t> drops_of(const Socket& flow);

/// Bytes that the host has taken from us and not handed to the interface. nullopt if unknown.
std::optional<std::uint64_t> queued_bytes(const Socket& flow);

/// Takes everything off the error queue, so that it does not wake poll for ever. Returns the number
/// of ICMP messages and local errors in it.
std::size_t drain_errors(const Socket& flow);

/// Name of the interface that has the flow's own address: "eth0". nullopt if none has.
std::optional<std::string> interface_of(const Socket& flow);

}  // namespace assay::network::udp
