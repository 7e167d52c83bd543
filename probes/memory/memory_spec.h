#pragma once

#include <optional>
#include <string_view>

#include "engine/probe.h"

namespace assay::memory {

/// The ceiling of the DRAM that the user names: a guest cannot know it.
struct MemorySpec {
    unsigned channels = 0;                ///< of 64 bits each, of one NUMA node
    unsigned megatransfers_a_second = 0;  ///< each
    double bytes_per_second() const;
};

inline constexpr Option kMemorySpecOption{
    "memory-spec", OptionKind::text, "", "",
    "CHANNELSxMT/s of a NUMA node's DRAM, as 12x4800; adds the share of its peak, else absent"};

/// "12x4800", "12x4800MT/s". Errors: usage: not that, no channel, over 64 channels or 20000 MT/s.
Expected<MemorySpec> parse_memory_spec(std::string_view text);
/// nullopt where the option was not given.
Expected<std::optional<MemorySpec>> requested_memory_spec(const Request& request);

}  // namespace assay::memory
