#pragma once

#include <optional>
#include <string>

#include "report/json.h"

/// What all writers of documents share.
namespace assay::report {

/// A number that is not finite is our bug: aborts. A negative zero becomes 0.0.
Json number(double value);
Json maybe(const std::optional<double>& value);  ///< absent is null

/// Indented; what holds nothing that holds anything stays on one line. Ends in a newline.
std::string printed(const Json& json);

}  // namespace assay::report
