#pragma once

#include <fmt/format.h>

/// The one header that knows the formatting library.
namespace assay::report {

using fmt::format;

}  // namespace assay::report
