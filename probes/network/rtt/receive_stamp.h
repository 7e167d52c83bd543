#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "probes/network/wire/socket.h"

namespace assay::network::rtt {

/// Asks the kernel to stamp what `socket` receives when it arrives (SO_TIMESTAMPNS). Errors: by
/// errno.
Expected<void> want_receive_stamps(const Socket& socket);

struct StampedBytes {
    std::size_t bytes = 0;
    /// The kernel's stamp on the clock of now_ns(), or now_ns() itself where there is none or the
    /// wall clock was set in between.
    std::int64_t received_ns = 0;
};
/// One receive that does not block; nullopt where nothing is there, or an error of another host
/// (ICMP unreachable) was told. Errors: io.
Expected<std::optional<StampedBytes>> receive_stamped(const Socket& socket,
                                                      std::span<std::byte> buffer);

}  // namespace assay::network::rtt
