#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace assay::host {

/// The pieces of which the kernel's text files are made. Views point into the text given.

std::string_view trimmed(std::string_view text);                ///< no blanks at either end
std::vector<std::string_view> words_of(std::string_view text);  ///< cut at blanks, none empty
std::vector<std::string_view> pieces_of(std::string_view text,
                                        char separator);        ///< may be empty pieces
std::vector<std::string_view> lines_of(std::string_view text);  ///< without the line ends

/// The whole text is one decimal number that fits; else nullopt. Never NaN or infinite.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    if constexpr (std::is_floating_point_v<Number>)
        if (!std::isfinite(number))
            return std::nullopt;
    return number;
}

/// "259:3".
struct DeviceNumber {
    unsigned major = 0, minor = 0;
    bool operator==(const DeviceNumber&) const = default;
};
std::optional<DeviceNumber> device_number_of(std::string_view text);

/// Valid UTF-8 without control characters other than the tab: safe to hand to a result file.
bool is_plain_text(std::string_view text);

/// The choice in a sysfs menu: "none [mq-deadline] kyber" is "mq-deadline". A menu of one word
/// without brackets is that word.
std::optional<std::string> chosen_of(std::string_view menu);

/// "0-2,5" is {0, 1, 2, 5}; an empty text is an empty list. nullopt if it is no such list, or names
/// a CPU above 2^20.
std::optional<std::vector<int>> parse_cpu_list(std::string_view text);

/// {0, 1, 2, 5} is "0-2,5". `cpus` ascending.
std::string cpu_list_of(std::span<const int> cpus);

}  // namespace assay::host
