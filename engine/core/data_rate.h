#pragma once

#include <string_view>

#include "engine/core/error.h"

namespace assay {

/// "50GB/h", "125MB/s", "10Gbit/s", "1Gbps", "2TiB/d": positive, at most 10^15 B/s. Sizes as in
/// parse_bytes; k, M, G, T before "bit" are decimal; per s, m, h or d. Returns B/s. Errors: usage.
Expected<double> parse_data_rate(std::string_view text);

}  // namespace assay
