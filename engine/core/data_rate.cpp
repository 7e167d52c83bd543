#include "engine/core/data_rate.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

namespace assay {
namespace {

struct Factor {
    std::string_view text;  ///< lower case
    double value;
};

constexpr double kBit = 1.0 / 8;
constexpr double kKilo = 1000, kMega = kKilo * kKilo, kGiga = kMega * kKilo, kTera = kGiga * kKilo;
constexpr std::array kSizes{Factor{"b", 1},
                            Factor{"kb", kKilo},
                            Factor{"mb", kMega},
                            Factor{"gb", kGiga},
                            Factor{"tb", kTera},
                            Factor{"kib", 0x1p10},
                            Factor{"mib", 0x1p20},
                            Factor{"gib", 0x1p30},
                            Factor{"tib", 0x1p40},
                            Factor{"bit", kBit},
                            Factor{"kbit", kKilo* kBit},
                            Factor{"mbit", kMega* kBit},
                            Factor{"gbit", kGiga* kBit},
                            Factor{"tbit", kTera* kBit}};
constexpr std::array kTimes{Factor{"s", 1},    Factor{"sec", 1},  Factor{"m", 60},
                            Factor{"min", 60}, Factor{"h", 3600}, Factor{"d", 86400}};
constexpr std::array kBitsPerSecond{Factor{"bps", kBit}, Factor{"kbps", kKilo* kBit},
                                    Factor{"mbps", kMega* kBit}, Factor{"gbps", kGiga* kBit},
                                    Factor{"tbps", kTera* kBit}};

template <std::size_t N>
std::optional<double> value_of(std::string_view text, const std::array<Factor, N>& factors) {
    for (const Factor& factor : factors)
        if (factor.text == text)
            return factor.value;
    return std::nullopt;
}

std::optional<double> unit_of(std::string_view text) {
    std::string lower(text);
    for (char& letter : lower)
        letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    const std::string_view unit = lower;
    if (const auto bits = value_of(unit, kBitsPerSecond))
        return bits;
    const std::size_t slash = unit.find('/');
    if (slash == std::string_view::npos)
        return std::nullopt;
    const auto size = value_of(unit.substr(0, slash), kSizes);
    const auto time = value_of(unit.substr(slash + 1), kTimes);
    return size && time ? std::optional(*size / *time) : std::nullopt;
}

}  // namespace

Expected<double> parse_data_rate(std::string_view text) {
    constexpr double kMostBytesPerSecond = 1e15;
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    std::optional<double> rate;
    if (error == std::errc{})
        rate = unit_of(std::string_view(end, text.data() + text.size()));
    if (rate)
        *rate *= number;
    if (!rate || !std::isfinite(*rate) || !(*rate > 0) || *rate > kMostBytesPerSecond)
        return failure(ErrorKind::usage,
                       "'" + std::string(text) +
                           "' is not a data rate; write 50GB/h, 125MB/s, 10Gbit/s or 1Gbps");
    return *rate;
}

}  // namespace assay
