#pragma once

#include <cstdint>
#include <string>

/// Numbers inside the sentences of findings. Tables and columns are scaled in report/quantity.
namespace assay::storage {

std::string percent_text(double ratio);         ///< 0.284 is "28.4 %"
std::string number_text(double value);          ///< three significant digits or all of a whole
                                                ///< number's: "0.00794", "12.3", "5000"
std::string duration_text(double nanoseconds);  ///< "85 us", "1.24 ms", "2.5 s"

}  // namespace assay::storage
