#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/probe.h"
#include "probes/network/tcp/wishes.h"

namespace assay::network::tcp {

/// up: this host sends.
enum class Direction { up, down, both };
std::string_view name_of(Direction direction);

struct TcpCase {
    std::size_t streams = 1;  ///< in each direction
    Direction direction = Direction::up;
    Mode mode = Mode::goodput;
    bool operator==(const TcpCase&) const = default;
};

/// What the TCP probe does, made from the user's words.
struct TcpSettings {
    std::vector<TcpCase> cases;  ///< never empty
    std::optional<std::string> congestion;
    std::optional<std::uint64_t> dscp;
};

/// One stream shows what a single copy or replication job gets, several show what the path holds;
/// four is where most paths with one bottleneck are full.
inline constexpr std::size_t kSeveralStreams = 4;

/// Without options: one and several streams in both directions; a wider extent asks for more
/// streams, for both directions at once and for the path's capacity. A SELF-TEST has one direction
/// only. Errors: usage.
Expected<TcpSettings> tcp_settings(const Request& request);

}  // namespace assay::network::tcp
