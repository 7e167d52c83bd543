#pragma once

#include <string>

namespace assay::network::path {

/// For sentences in findings, in the units in which people speak of networks.
std::string percent_text(double ratio);         ///< "2.3 %"
std::string milliseconds_text(double ns);       ///< "41.20 ms"
std::string megabits_text(double bytes_per_s);  ///< "94.1 Mbit/s"

}  // namespace assay::network::path
