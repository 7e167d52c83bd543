#include "probes/network/tcp/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace assay::network::tcp {
namespace {

std::vector<std::size_t> stream_counts(Extent extent) {
    switch (extent) {
        case Extent::smoke:
        case Extent::quick:
            return {1, kSeveralStreams};
        case Extent::standard:
            return {1, 2, 4, 8, 16};
        case Extent::deep:
            break;
    }
    return {1, 2, 4, 8, 16, 32, 64, 128};
}

std::vector<Direction> directions(const Request& request) {
    const std::string asked = request.text("direction", "");
    for (const Direction direction : {Direction::up, Direction::down, Direction::both})
        if (asked == name_of(direction))
            return {direction};
    // Both ends of a SELF-TEST are this host: the other direction is the same work again.
    if (request.find("peer") == nullptr || request.extent == Extent::smoke)
        return {Direction::up};
    return {Direction::up, Direction::down};
}

Mode mode_of(const Request& request) {
    return request.text("mode", "") == name_of(Mode::path) ? Mode::path : Mode::goodput;
}

/// What a wider extent looks at beyond streams and directions.
void add_wide_cases(const Request& request, std::vector<TcpCase>& cases) {
    if (request.extent != Extent::standard && request.extent != Extent::deep)
        return;
    if (request.find("streams") != nullptr)
        return;
    const bool alone = request.find("peer") == nullptr;
    if (request.find("direction") == nullptr && !alone)
        cases.push_back({kSeveralStreams, Direction::both, mode_of(request)});
    if (request.find("mode") == nullptr)
        for (const Direction direction : directions(request))
            cases.push_back({1, direction, Mode::path});
}

Expected<std::optional<std::uint64_t>> dscp_of(const Request& request) {
    if (request.find("dscp") == nullptr)
        return std::optional<std::uint64_t>();
    ASSAY_TRY(const std::uint64_t dscp, request.count("dscp", 0));
    if (dscp > kMostDscp)
        return failure(ErrorKind::usage, "--dscp: " + std::to_string(dscp) +
                                             " is no code point; there are 64, from 0 to 63");
    return std::optional(dscp);
}

}  // namespace

std::string_view name_of(Direction direction) {
    switch (direction) {
        case Direction::up:
            return "up";
        case Direction::down:
            return "down";
        case Direction::both:
            return "both";
    }
    return "up";
}

Expected<TcpSettings> tcp_settings(const Request& request) {
    TcpSettings settings;
    std::vector<std::size_t> counts = stream_counts(request.extent);
    if (request.find("streams") != nullptr) {
        ASSAY_TRY(const std::uint64_t streams, request.count("streams", 1));
        if (streams > kMostStreams)
            return failure(ErrorKind::usage, "--streams: " + std::to_string(streams) +
                                                 " is more than the " +
                                                 std::to_string(kMostStreams) +
                                                 " that a test can have in each direction");
        counts = {streams};
    }
    for (const std::size_t count : counts)
        for (const Direction direction : directions(request))
            settings.cases.push_back({count, direction, mode_of(request)});
    add_wide_cases(request, settings.cases);
    if (const std::string* congestion = request.find("congestion")) {
        // The same rule as for wishes from outside; the kernel knows which names exist.
        const bool plain = std::ranges::all_of(*congestion, [](char letter) {
            return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                   letter == '_' || letter == '-';
        });
        if (congestion->empty() || congestion->size() > kMostCongestionNameBytes || !plain)
            return failure(ErrorKind::usage,
                           "--congestion: '" + *congestion +
                               "' is no name of a TCP congestion control; sysctl "
                               "net.ipv4.tcp_available_congestion_control lists them");
        settings.congestion = *congestion;
    }
    ASSAY_TRY(settings.dscp, dscp_of(request));
    return settings;
}

}  // namespace assay::network::tcp
