#include "engine/score/score_text.h"

#include <array>
#include <charconv>

namespace assay::score {
namespace {

double read_back(const std::string& text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

std::string plain_quantity(std::optional<double> value, Unit unit) {
    if (!value)
        return "-";
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *value).ptr;
    return std::string(digits.data(), end) +
           (unit == Unit::ratio ? "" : " " + std::string(symbol(unit)));
}

std::string fixed(double value, int decimals) {
    std::array<char, 400> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                   std::chars_format::fixed, decimals)
                         .ptr;
    return {digits.data(), end};
}

std::string beside(double value, double limit) {
    for (int decimals = 2; decimals < 9; ++decimals) {
        const std::string text = fixed(value, decimals);
        if ((read_back(text) >= limit) == (value >= limit))
            return text;
    }
    return fixed(value, 9);
}

std::string limit_text(double limit) {
    const std::string two = fixed(limit, 2);
    return read_back(two) == limit ? two : std::to_string(limit);
}

std::string probability_text(double probability) {
    if (probability > 0.9995)
        return "over 0.999";
    return probability < 0.0005 ? "under 0.001" : fixed(probability, 3);
}

std::string interval_text(double low, double high) {
    return fixed(low, 2) + " to " + fixed(high, 2);
}

}  // namespace assay::score
