#include "probes/network/tcp/settings.h"

#include <string>

namespace assay::network {

Expected<TcpSettings> tcp_settings(const Request& request) {
    if (const std::string* peer = request.find("peer"))
        return failure(ErrorKind::unavailable,
                       "--peer " + *peer +
                           ": the network agent is not part of this version, so no other host can "
                           "be measured; leave --peer out, and a SELF-TEST over this host's "
                           "loopback is measured, which is never scored");
    ASSAY_TRY(const std::uint64_t streams, request.count("streams", kSeveralStreams));
    if (streams > kMostStreams)
        return failure(ErrorKind::usage, "--streams: " + std::to_string(streams) +
                                             " is more than the " + std::to_string(kMostStreams) +
                                             " that a test can have");
    if (request.find("streams") != nullptr)
        return TcpSettings{.stream_counts = {streams}};
    return TcpSettings{.stream_counts = {1, kSeveralStreams}};
}

}  // namespace assay::network
