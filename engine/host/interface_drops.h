#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/host/files.h"

namespace assay::host {

/// Packets that reached this host on `interface` and were dropped before any socket saw them, since
/// the interface came up: by its own lack of buffers (rx_missed_errors) and by the kernel's backlog
/// (rx_dropped, which softnet_stat counts too). Of the network namespace of the calling thread.
/// nullopt where the kernel does not say.
std::optional<std::uint64_t> read_received_drops(const Files& files, std::string_view interface);

}  // namespace assay::host
