#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/error.h"
#include "probes/network/wire/socket.h"

/// What only TCP streams ask of a socket, and what the kernel says of a connection (TCP_INFO).
namespace assay::network::tcp {

/// What the kernel counts for a connection since it began. Unknown to an older kernel is nullopt.
struct ConnectionInfo {
    std::uint32_t retransmits = 0;      ///< segments sent again; wraps at 2^32
    std::uint32_t segments_out = 0;     ///< wraps at 2^32
    std::uint32_t segment_bytes = 0;    ///< payload of a full segment that is sent
    std::uint32_t window_segments = 0;  ///< congestion window
    std::int64_t rtt_ns = 0;            ///< smoothed
    std::optional<std::int64_t> least_rtt_ns;
    std::optional<std::int64_t> receiver_rtt_ns;  ///< as a receiver of data sees it; 0 = no data
    std::optional<std::uint64_t> acked_bytes;
    std::optional<std::uint64_t> unsent_bytes;   ///< taken by send, not yet on the way
    std::optional<std::uint64_t> unacked_bytes;  ///< on the way: whole segments
    // How long the sender had something to send, and how long of that it could not because of the
    // other side's window, or because of its own send buffer. In steps of the kernel's tick.
    std::optional<std::int64_t> busy_ns, window_limited_ns, buffer_limited_ns;
};
std::optional<ConnectionInfo> connection_info(const Socket& socket);

/// What setsockopt made of the buffers, kernel overhead included. nullopt if it does not say.
std::optional<std::uint64_t> send_buffer_bytes(const Socket& socket);
std::optional<std::uint64_t> receive_buffer_bytes(const Socket& socket);

/// Errors: unsupported (no such algorithm), permission (one that only root may choose).
Expected<void> choose_congestion(const Socket& socket, const std::string& name);
/// Marks what leaves on `socket` with this code point, 0 to 63. Errors: by errno.
Expected<void> mark_dscp(const Socket& socket, std::uint64_t code_point);
/// Calls on `socket` do not block at all any more. Errors: by errno.
Expected<void> make_nonblocking(const Socket& socket);
/// True once the other side has half-closed, or `wait` is over without (false). Errors: by errno.
Expected<bool> wait_for_half_close(const Socket& socket, std::chrono::milliseconds wait);

/// Receives and drops up to `most_bytes`: the kernel copies nothing. Errors: io.
Expected<Transfer> discard_some(const Socket& socket, std::size_t most_bytes);

}  // namespace assay::network::tcp
