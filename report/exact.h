#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/measurement.h"

/// Numbers for programs: not rounded, in the units of the result file.
namespace assay::report {

/// The shortest text that reads back to the same double. Finite.
std::string exact(double value);
/// The same without an exponent, for readers that know none.
std::string exact_fixed(double value);

/// "block_bytes=4096 depth=32": all conditions, in their order.
std::string exact_conditions(const std::vector<Condition>& conditions);
/// A condition's value alone; unknown is "-".
std::string exact_value(const Value& value);

struct NamedNumber {
    std::string statistic;  ///< "median", "p99", "sample"
    double value = 0;
};
/// Every number of a measurement: summary, percentiles, then the samples. What is null is left out.
std::vector<NamedNumber> statistics_of(const Measurement& measurement);

}  // namespace assay::report
