#include "report/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "engine/core/verdict.h"
#include "report/format.h"

namespace assay::report {
namespace {

constexpr double kThousand = 1000;
/// From here on three digits round up into the next prefix.
constexpr double kRoundsToThousand = 999.5;
constexpr double kSmallestFixed = 1e-6;

constexpr std::array<std::string_view, 7> kPrefixes{"", "k", "M", "G", "T", "P", "E"};
constexpr std::array<std::string_view, 4> kTimes{"ns", "us", "ms", "s"};

/// Three significant digits of a magnitude below 999.5.
std::string three_digits(double magnitude) {
    if (magnitude >= 99.95)
        return format("{:.0f}", magnitude);
    if (magnitude >= 9.995)
        return format("{:.1f}", magnitude);
    if (magnitude >= 0.9995 || magnitude == 0)
        return format("{:.2f}", magnitude);
    if (magnitude < kSmallestFixed)
        return format("{:.2e}", magnitude);
    // 0.09996 needs one decimal less than its own exponent says, since it rounds up to 0.100.
    int decimals = 2 - static_cast<int>(std::floor(std::log10(magnitude)));
    if (std::round(magnitude * std::pow(10.0, decimals)) >= kThousand)
        --decimals;
    return format("{:.{}f}", magnitude, decimals);
}

struct Scaled {
    std::string digits;
    std::size_t steps = 0;  ///< how often it was divided by a thousand
};

Scaled scaled(double magnitude, std::size_t most_steps) {
    std::size_t steps = 0;
    while (magnitude >= kRoundsToThousand && steps < most_steps) {
        magnitude /= kThousand;
        ++steps;
    }
    if (magnitude < kRoundsToThousand)
        return {three_digits(magnitude), steps};
    return {magnitude < 1e6 ? format("{:.0f}", magnitude) : format("{:.2e}", magnitude), steps};
}

std::string unit_text(Unit unit, std::size_t steps) {
    if (unit == Unit::nanoseconds)
        return std::string(kTimes[steps]);
    std::string text(kPrefixes[steps]);
    if (unit != Unit::ratio && unit != Unit::count)
        text += symbol(unit);
    return text;
}

bool is_exact_count(double value) {
    return value == std::floor(value) && std::abs(value) < 1e6;
}

struct ByteScale {
    std::string_view name;
    double factor;
};
// The longer names first: "MiB" ends in "B".
constexpr std::array kByteScales{
    ByteScale{"KiB", 0x1p10}, ByteScale{"MiB", 0x1p20}, ByteScale{"GiB", 0x1p30},
    ByteScale{"TiB", 0x1p40}, ByteScale{"kB", 1e3},     ByteScale{"MB", 1e6},
    ByteScale{"GB", 1e9},     ByteScale{"TB", 1e12},    ByteScale{"kbit", 125},
    ByteScale{"Mbit", 125e3}, ByteScale{"Gbit", 125e6}, ByteScale{"bit", 0.125},
    ByteScale{"B", 1},
};
struct Whole {
    std::string_view name;
    double factor;
    Unit unit;
};
constexpr std::array kWholes{
    Whole{"ns", 1, Unit::nanoseconds},
    Whole{"us", 1e3, Unit::nanoseconds},
    Whole{"ms", 1e6, Unit::nanoseconds},
    Whole{"s", 1e9, Unit::nanoseconds},
    Whole{"op/s", 1, Unit::operations_per_second},
    Whole{"kop/s", 1e3, Unit::operations_per_second},
    Whole{"Mop/s", 1e6, Unit::operations_per_second},
    Whole{"FLOP/s", 1, Unit::flop_per_second},
    Whole{"GFLOP/s", 1e9, Unit::flop_per_second},
    Whole{"TFLOP/s", 1e12, Unit::flop_per_second},
    Whole{"Hz", 1, Unit::hertz},
    Whole{"MHz", 1e6, Unit::hertz},
    Whole{"GHz", 1e9, Unit::hertz},
    Whole{"%", 0.01, Unit::ratio},
};

std::optional<ParsedQuantity> quantity_of(double number, std::string_view unit) {
    for (const Whole& whole : kWholes)
        if (whole.name == unit)
            return ParsedQuantity{number * whole.factor, whole.unit};
    const bool is_rate = unit.ends_with("/s");
    const std::string_view amount = is_rate ? unit.substr(0, unit.size() - 2) : unit;
    for (const ByteScale& scale : kByteScales)
        if (scale.name == amount)
            return ParsedQuantity{number * scale.factor,
                                  is_rate ? Unit::bytes_per_second : Unit::bytes};
    return std::nullopt;
}

}  // namespace

std::string quantity(std::optional<double> value, Unit unit) {
    if (!value || !std::isfinite(*value))
        return "-";
    if (unit == Unit::count && is_exact_count(*value))
        return format("{:.0f}", *value + 0.0);  // + 0.0 makes a negative zero positive
    const std::size_t most = unit == Unit::nanoseconds ? kTimes.size() - 1
                             : unit == Unit::ratio     ? 0
                                                       : kPrefixes.size() - 1;
    const Scaled number = scaled(std::abs(*value), most);
    const std::string text = unit_text(unit, number.steps);
    return (*value < 0 ? "-" : "") + number.digits + (text.empty() ? "" : " ") + text;
}

std::string percent(double ratio) {
    if (!std::isfinite(ratio))
        return "-";
    const double value = ratio * 100;
    const double magnitude = std::abs(value);
    if (magnitude == 0)
        return "0 %";
    if (magnitude < 0.005)
        return "< 0.01 %";
    const int decimals = magnitude >= 9.95 ? 0 : magnitude >= 0.095 ? 1 : 2;
    return format("{:.{}f} %", value, decimals);
}

std::string score_text(double score) {
    if (!std::isfinite(score) || std::abs(score) >= kRoundsToThousand)
        return quantity(score, Unit::ratio);
    std::string text;
    for (int decimals = 2; decimals <= 6; ++decimals) {
        text = format("{:.{}f}", score, decimals);
        if (grade_of(std::strtod(text.c_str(), nullptr)) == grade_of(score))
            return text;
    }
    return text;
}

std::string byte_size(std::uint64_t bytes) {
    struct Binary {
        std::uint64_t size;
        std::string_view name;
    };
    constexpr std::array kBinary{Binary{kTiB, "TiB"}, Binary{kGiB, "GiB"}, Binary{kMiB, "MiB"},
                                 Binary{kKiB, "KiB"}};
    // More digits than this are harder to read than a rounded decimal size.
    constexpr std::uint64_t kMostWhole = 9999;
    for (const Binary& unit : kBinary)
        if (bytes >= unit.size && bytes % unit.size == 0 && bytes / unit.size <= kMostWhole)
            return format("{} {}", bytes / unit.size, unit.name);
    if (bytes < kKiB)
        return format("{} B", bytes);
    return quantity(static_cast<double>(bytes), Unit::bytes);
}

std::optional<ParsedQuantity> parse_quantity(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !std::isfinite(number) || number < 0)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with(' '))
        text.remove_prefix(1);
    const auto parsed = quantity_of(number, text);
    if (!parsed || !std::isfinite(parsed->value))
        return std::nullopt;
    return parsed;
}

std::string clock_time(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e12)
        return "-";
    const auto whole = std::llround(seconds);
    if (whole < 3600)
        return format("{}:{:02}", whole / 60, whole % 60);
    return format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace assay::report
