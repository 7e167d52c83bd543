#include "engine/core/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace assay {
namespace {

struct UnitName {
    Unit unit;
    std::string_view symbol;
};
constexpr std::array kUnitNames{
    UnitName{Unit::nanoseconds, "ns"},
    UnitName{Unit::bytes, "B"},
    UnitName{Unit::bytes_per_second, "B/s"},
    UnitName{Unit::operations_per_second, "op/s"},
    UnitName{Unit::flop_per_second, "FLOP/s"},
    UnitName{Unit::hertz, "Hz"},
    UnitName{Unit::ratio, "ratio"},
    UnitName{Unit::count, "count"},
};

struct Suffix {
    std::string_view text;
    double factor;
};
constexpr std::array kByteSuffixes{
    Suffix{"", 1},       Suffix{"b", 1},        Suffix{"k", 0x1p10}, Suffix{"kib", 0x1p10},
    Suffix{"m", 0x1p20}, Suffix{"mib", 0x1p20}, Suffix{"g", 0x1p30}, Suffix{"gib", 0x1p30},
    Suffix{"t", 0x1p40}, Suffix{"tib", 0x1p40}, Suffix{"kb", 1e3},   Suffix{"mb", 1e6},
    Suffix{"gb", 1e9},   Suffix{"tb", 1e12},
};
constexpr std::array kDurationSuffixes{
    Suffix{"", 1e9},   Suffix{"s", 1e9},  Suffix{"ns", 1},     Suffix{"us", 1e3},
    Suffix{"ms", 1e6}, Suffix{"m", 60e9}, Suffix{"min", 60e9}, Suffix{"h", 3600e9},
};

template <std::size_t N>
std::optional<double> factor_of(std::string_view suffix, const std::array<Suffix, N>& suffixes) {
    std::string lower(suffix);
    for (char& letter : lower)
        letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    for (const Suffix& row : suffixes)
        if (lower == row.text)
            return row.factor;
    return std::nullopt;
}

/// number x suffix, or nullopt if the text is not exactly that.
template <std::size_t N>
std::optional<double> parse_scaled(std::string_view text, const std::array<Suffix, N>& suffixes) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{})
        return std::nullopt;
    const auto factor = factor_of(std::string_view(end, text.data() + text.size()), suffixes);
    return factor ? std::optional(number * *factor) : std::nullopt;
}

/// The same for a whole number, exact beyond the 53 bits of a double. nullopt where it does not
/// fit.
std::optional<std::uint64_t> parse_whole_bytes(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{})
        return std::nullopt;
    const auto factor = factor_of(std::string_view(end, text.data() + text.size()), kByteSuffixes);
    constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
    if (!factor || number == 0 || number > kLargest / static_cast<std::uint64_t>(*factor))
        return std::nullopt;
    return number * static_cast<std::uint64_t>(*factor);
}

}  // namespace

std::string_view symbol(Unit unit) {
    for (const UnitName& row : kUnitNames)
        if (row.unit == unit)
            return row.symbol;
    return "?";
}

std::optional<Unit> unit_of_symbol(std::string_view text) {
    for (const UnitName& row : kUnitNames)
        if (row.symbol == text)
            return row.unit;
    return std::nullopt;
}

Expected<std::uint64_t> parse_bytes(std::string_view text) {
    if (const auto whole = parse_whole_bytes(text))
        return *whole;
    const std::optional<double> bytes = parse_scaled(text, kByteSuffixes);
    if (!bytes || !(*bytes >= 1) || *bytes >= 0x1p63 || std::floor(*bytes) != *bytes)
        return failure(ErrorKind::usage,
                       "'" + std::string(text) +
                           "' is not a size; write whole bytes, or 4k, 512MiB, 1g, 10GB");
    return static_cast<std::uint64_t>(*bytes);
}

Expected<std::int64_t> parse_duration(std::string_view text) {
    constexpr double kLongestNanoseconds = 30 * 86400e9;
    const std::optional<double> nanoseconds = parse_scaled(text, kDurationSuffixes);
    if (!nanoseconds || !(*nanoseconds >= 1) || *nanoseconds > kLongestNanoseconds)
        return failure(ErrorKind::usage,
                       "'" + std::string(text) +
                           "' is not a duration; write 500ms, 20s, 5m or 1h (30 days at most)");
    return static_cast<std::int64_t>(*nanoseconds);
}

}  // namespace assay
