#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text that came from outside, made fit for a terminal. Widths are columns on the screen: a CJK
/// letter takes two, a combining mark none.
namespace assay::report {

/// Shows what a terminal would obey: control characters and invalid bytes as "\x1b", direction and
/// zero-width marks as "\u202e". The rest stays. The result is valid UTF-8 on one line.
std::string visible(std::string_view text);

/// Valid UTF-8 in, ASCII out: our own signs get their plain form, anything else a '?'.
std::string to_ascii(std::string_view text);

std::size_t display_width(std::string_view text);

/// At most `width` columns; what is cut ends in U+2026.
std::string cut(std::string_view text, std::size_t width);

/// Lines of at most `width` columns, broken at blanks, but not between a flag and its value
/// ("--peer HOST:PORT"); a longer word is broken anywhere, never inside a letter. Never empty.
/// width > 0.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace assay::report
