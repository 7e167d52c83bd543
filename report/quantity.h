#pragma once

#include <optional>
#include <string>

#include "engine/core/units.h"

namespace assay::report {

/// The only place that rounds or scales for people. Three significant digits: "12.4k op/s" -> "12.4
/// kIOPS" is NOT done here; units stay as they are with an SI prefix: "12.4 kop/s", "3.21 GB/s",
/// "84.1 us", "102 GFLOP/s", "0.88". Absent is "-".
std::string quantity(std::optional<double> value, Unit unit);
/// "1.8 %" from 0.018.
std::string percent(double ratio);
/// "4 KiB", "1 GiB": exact binary sizes; else decimal with a prefix.
std::string byte_size(std::uint64_t bytes);
/// "6:12" or "1:02:03".
std::string clock_time(double seconds);

}  // namespace assay::report
