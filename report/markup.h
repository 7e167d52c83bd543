#pragma once

#include <string>
#include <string_view>

namespace assay::report {

/// A text from outside, made safe between tags and inside quoted attributes of XML and HTML: what a
/// terminal would obey and what XML cannot hold is shown instead.
std::string markup_escaped(std::string_view text);

}  // namespace assay::report
