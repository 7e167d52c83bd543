#pragma once

#include <cstddef>
#include <vector>

#include "engine/probe.h"
#include "probes/network/tcp/tcp_receiver.h"

namespace assay::network {

/// What a TCP probe does, made from the user's words.
struct TcpSettings {
    std::vector<std::size_t> stream_counts;  ///< a case each
};

/// One stream shows what a single copy or replication job gets, several show what the path holds;
/// four is where most paths with one bottleneck are full. --streams N measures just N.
inline constexpr std::size_t kSeveralStreams = 4;

/// Errors: usage (--streams), unavailable (--peer: this version has no agent to talk to).
Expected<TcpSettings> tcp_settings(const Request& request);

}  // namespace assay::network
