#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/units.h"

namespace assay::report {

/// The only place that rounds or scales for people. Three significant digits and an SI prefix on
/// the unit as it is: "12.4 kop/s", "3.21 GB/s", "84.1 us", "102 GFLOP/s"; a ratio has no unit:
/// "0.880"; a whole count below a million is exact: "12345". Rounding carries into the next prefix
/// (999.96 -> "1.00 k"). Absent (or not finite, which is no number either) is "-".
std::string quantity(std::optional<double> value, Unit unit);

/// "1.8 %" from 0.018; "12 %"; "0.08 %".
std::string percent(double ratio);

/// A score or a ratio of two runs: two decimals, "0.88"; more where two would round it into another
/// grade ("0.996", which is Good, never "1.00"). Beyond three digits as `quantity` does.
std::string score_text(double score);

/// "4 KiB", "1 GiB": exact binary sizes; else decimal with a prefix.
std::string byte_size(std::uint64_t bytes);

struct ParsedQuantity {
    double value = 0;  ///< in `unit`
    Unit unit = Unit::count;
};
/// The way back: "10 ms", "8GB", "1 GiB", "320 MB/s", "1 Gbit/s" (B/s), "500 op/s", "90 %" (ratio).
/// nullopt unless it is a finite number of 0 or more and a unit that is known.
std::optional<ParsedQuantity> parse_quantity(std::string_view text);

/// "6:12" or "1:02:03", from seconds, rounded. Not finite or negative is "-".
std::string clock_time(double seconds);

}  // namespace assay::report
