#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/core/error.h"
#include "probes/network/control/role.h"
#include "probes/network/udp/account.h"

namespace assay::network::udp {

/// Names of the two roles.
inline constexpr std::string_view kSendRole = "udp.send";
inline constexpr std::string_view kReceiveRole = "udp.receive";

/// What both ends of a trial are told alike.
struct FlowWishes {
    std::uint32_t flow = 0;                   ///< index for DataDoor::udp_flow
    std::uint64_t round = 0;                  ///< drawn anew for each trial
    std::size_t payload_bytes = 0;            ///< of each datagram: kLeastPayload to kMostPayload
    std::uint64_t interval_ns = 100'000'000;  ///< the stretches of the account
    std::string engine = "auto";              ///< or a name from engines.h
};

struct SendWishes {
    FlowWishes flow;
    double datagrams_per_s = 0;        ///< 0 = as fast as the host can
    std::uint64_t most_datagrams = 0;  ///< 0 = until the time is over
    std::chrono::nanoseconds duration{};
    std::size_t send_buffer_bytes = 0;  ///< 0 = the system's default

    Fields fields() const;
    /// Bytes from outside; lowered to what `caps` allow. Errors: bad_input.
    static Expected<SendWishes> of_fields(const Fields& fields, const control::Caps& caps);
};

struct ReceiveWishes {
    FlowWishes flow;
    std::uint64_t ramp_ns = 0;  ///< datagrams sent before count in everything but the window
    /// Later than this after the fastest datagram is late: as long as the prober waits for the last
    /// one, so that the last one and all others are judged alike.
    std::uint64_t late_ns = 500'000'000;
    std::size_t receive_buffer_bytes = 0;  ///< 0 = kReceiveBufferBytes
    bool time_stamps = false;              ///< the kernel's, for the jitter

    Fields fields() const;
    /// Bytes from outside. Errors: bad_input.
    static Expected<ReceiveWishes> of_fields(const Fields& fields, const control::Caps& caps);
};

/// Some 50 ms of a 1 Gbit/s flow in the kernel's own accounting, so that a receiver that loses its
/// CPU for that long drops nothing.
inline constexpr std::size_t kReceiveBufferBytes = std::size_t{1} << 23;

}  // namespace assay::network::udp
