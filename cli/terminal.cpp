#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace assay::cli {
namespace {

/// A variable that is set to something; an empty one counts as not set (no-color.org, POSIX locale
/// rules).
const char* variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
    return value != nullptr && *value != '\0' ? value : nullptr;
}

std::optional<int> window_columns(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return std::nullopt;
    return size.ws_col;
}

std::optional<int> columns_variable() {
    const char* text = variable("COLUMNS");
    if (text == nullptr)
        return std::nullopt;
    const std::string_view digits(text);
    int columns = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), columns);
    if (error != std::errc{} || end != digits.data() + digits.size() || columns <= 0)
        return std::nullopt;
    return columns;
}

bool locale_is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (const char* locale = variable(name))
            return names_utf8(locale);
    return false;
}

report::TextStyle style_of(int descriptor, bool colour, bool utf8) {
    // Narrower than 40 columns no table can be read; wider than 100 the eye loses the line.
    constexpr int kNarrowest = 40;
    constexpr int kWidest = 100;
    int columns = kWidest;
    if (const auto window = window_columns(descriptor))
        columns = *window;
    else if (const auto given = columns_variable())
        columns = *given;
    return {.colour = colour && ::isatty(descriptor) == 1,
            .utf8 = utf8,
            .columns = std::clamp(columns, kNarrowest, kWidest)};
}

}  // namespace

bool names_utf8(const char* locale) {
    std::string name(locale);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return name.find("utf-8") != std::string::npos || name.find("utf8") != std::string::npos;
}

Terminal inspect_terminal() {
    const char* type = variable("TERM");
    const bool can_redraw = type != nullptr && std::string_view(type) != "dumb";
    const bool colour = can_redraw && variable("NO_COLOR") == nullptr;
    const bool utf8 = locale_is_utf8();
    return {.live = can_redraw && ::isatty(STDERR_FILENO) == 1,
            .output = style_of(STDOUT_FILENO, colour, utf8),
            .progress = style_of(STDERR_FILENO, colour, utf8)};
}

int progress_columns(int otherwise) {
    return window_columns(STDERR_FILENO).value_or(otherwise);
}

}  // namespace assay::cli
