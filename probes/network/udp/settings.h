#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "engine/probe.h"
#include "probes/network/udp/trial.h"

namespace assay::network::udp {

/// 1400 bytes and the headers of IPv6 and a tunnel or two fit an Ethernet frame.
inline constexpr std::size_t kDefaultPayloadBytes = 1400;
/// Where no --rate is given: enough datagrams for percentages of a percent within seconds, and so
/// few (11 Mbit/s) that nothing on the way is loaded by them.
inline constexpr double kQuietDatagramsPerS = 1000;

/// What the probe does, made from the user's words.
struct UdpSettings {
    std::vector<Direction> directions;  ///< each is measured by itself, in turn
    std::size_t payload_bytes = kDefaultPayloadBytes;
    std::optional<double>
        rate_bytes_per_s{};  ///< of payload; without it the lossless rate is sought

    double datagrams_per_s() const {
        return rate_bytes_per_s ? *rate_bytes_per_s / static_cast<double>(payload_bytes)
                                : kQuietDatagramsPerS;
    }
};

/// Errors: usage.
Expected<UdpSettings> udp_settings(const Request& request);

namespace options {
inline constexpr Option kDirection{.name = "direction",
                                   .kind = OptionKind::choice,
                                   .default_text = "both",
                                   .choices = "up|down|both",
                                   .help = "up: this host sends; both: first up, then down"};
inline constexpr Option kPayload{.name = "payload",
                                 .kind = OptionKind::bytes,
                                 .default_text = "1400",
                                 .choices = "",
                                 .help =
                                     "bytes of a datagram without headers, at least 32; refused "
                                     "where the path would fragment it"};
inline constexpr Option kRate{.name = "rate",
                              .kind = OptionKind::bytes,
                              .default_text = "",
                              .choices = "",
                              .help =
                                  "payload bytes a second to send at (12.5MB is 100 Mbit/s), "
                                  "instead of the search for the rate without loss"};
}  // namespace options

}  // namespace assay::network::udp
