#include "probes/network/udp/settings.h"

#include <string>

#include "probes/network/udp/datagram.h"

namespace assay::network::udp {
namespace {

Expected<std::vector<Direction>> directions_of(const Request& request) {
    const std::string text = request.text("direction", "");
    if (text == "up")
        return std::vector{Direction::up};
    if (text == "down")
        return std::vector{Direction::down};
    // A run of twenty seconds has no time for both.
    if (text.empty() && request.extent == Extent::smoke)
        return std::vector{Direction::up};
    if (text.empty() || text == "both")
        return std::vector{Direction::up, Direction::down};
    return failure(ErrorKind::usage, "--direction: '" + text + "' is none of up, down, both");
}

}  // namespace

Expected<UdpSettings> udp_settings(const Request& request) {
    UdpSettings settings;
    ASSAY_TRY(settings.directions, directions_of(request));
    ASSAY_TRY(const std::uint64_t payload, request.bytes("payload", kDefaultPayloadBytes));
    if (payload < kLeastPayload || payload > kMostPayload)
        return failure(ErrorKind::usage,
                       "--payload: a datagram has " + std::to_string(kLeastPayload) + " to " +
                           std::to_string(kMostPayload) + " bytes, not " + std::to_string(payload));
    settings.payload_bytes = static_cast<std::size_t>(payload);
    if (request.find("rate") != nullptr) {
        ASSAY_TRY(const std::uint64_t rate, request.bytes("rate", 0));
        if (rate < payload)
            return failure(ErrorKind::usage, "--rate: " + std::to_string(rate) +
                                                 " B/s are less than one datagram of " +
                                                 std::to_string(payload) + " B a second");
        settings.rate_bytes_per_s = static_cast<double>(rate);
    }
    return settings;
}

}  // namespace assay::network::udp
