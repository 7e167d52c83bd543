#pragma once

#include <string>
#include <string_view>

namespace assay::report {

/// A text from outside, escaped for the page and cut where it is longer than can be read.
std::string safe_text(std::string_view text);

}  // namespace assay::report
