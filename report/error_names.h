#pragma once

#include <optional>
#include <string_view>

#include "engine/core/error.h"

namespace assay::report {

/// "unsupported", "no_space": how the kind of a probe's reason is written in result files.
std::string_view name_of(ErrorKind kind);
std::optional<ErrorKind> error_kind_of_name(std::string_view name);

}  // namespace assay::report
