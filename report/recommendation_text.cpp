#include "report/recommendation_text.h"

#include <array>
#include <cmath>

#include "engine/core/units.h"
#include "report/format.h"
#include "report/json_parts.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

/// As the requirement writes it: without a blank, whole, and with a digit where whole would say 0.
std::string percent_text(double ratio) {
    const double value = ratio * 100;
    return std::abs(value) >= 1 || value == 0 ? format("{:.0f}%", value) : format("{:.1f}%", value);
}

/// "10 Gbps", "940 Mbps", "2.5 Gbps", from B/s.
std::string bit_rate_text(double bytes_per_s) {
    constexpr double kBitsAByte = 8, kThousand = 1000;
    constexpr std::array<std::string_view, 5> kUnits{"bps", "kbps", "Mbps", "Gbps", "Tbps"};
    double value = bytes_per_s * kBitsAByte;
    std::size_t unit = 0;
    while (value >= kThousand && unit + 1 < kUnits.size()) {
        value /= kThousand;
        ++unit;
    }
    std::string digits = format("{:.{}f}", value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
    if (digits.find('.') != std::string::npos) {
        digits.erase(digits.find_last_not_of('0') + 1);
        if (digits.ends_with('.'))
            digits.pop_back();
    }
    return digits + " " + std::string(kUnits[unit]);
}

Mark mark_of(Concern concern) {
    constexpr std::array kMarks{Mark::good, Mark::warning, Mark::bad};
    return kMarks[static_cast<std::size_t>(concern)];
}

}  // namespace

std::string amount_text(const Amount& amount) {
    switch (amount.style) {
        case AmountStyle::percent:
            return percent_text(amount.value);
        case AmountStyle::factor:
            return format("{:.2f} times", amount.value);
        case AmountStyle::count:
            return quantity(amount.value, Unit::count);
        case AmountStyle::bit_rate:
            return bit_rate_text(amount.value);
        case AmountStyle::bytes_per_second:
            return quantity(amount.value, Unit::bytes_per_second);
        case AmountStyle::operations:
            return quantity(amount.value, Unit::operations_per_second);
        case AmountStyle::time:
            return quantity(amount.value, Unit::nanoseconds);
        case AmountStyle::size:
            return quantity(amount.value, Unit::bytes);
    }
    return "";
}

std::string recommendation_text(const Recommendation& recommendation) {
    std::string text;
    std::string_view rest = recommendation.text;
    for (const Amount& amount : recommendation.amounts) {
        const std::size_t place = rest.find("{}");
        if (place == std::string_view::npos)
            break;
        text += std::string(rest.substr(0, place)) + amount_text(amount);
        rest.remove_prefix(place + 2);
    }
    return text + std::string(rest);
}

std::vector<Section> sections_of(const std::vector<Recommendation>& recommendations) {
    std::vector<Section> sections;
    for (const Recommendation& row : recommendations) {
        const std::string title(heading_of(row.kind));
        if (sections.empty() || sections.back().title != title) {
            sections.emplace_back();
            sections.back().title = title;
            sections.back().columns = {{title, false}};
        }
        // A suggestion is no fault, however grave its cause.
        const bool is_advice = row.kind == RecommendationKind::suggestion ||
                               row.kind == RecommendationKind::optimisation;
        sections.back().rows.push_back(
            {{}, recommendation_text(row), is_advice ? Mark::none : mark_of(row.concern), {}});
    }
    return sections;
}

Json recommendations_json(const std::vector<Recommendation>& recommendations) {
    Json array = Json::array();
    for (const Recommendation& row : recommendations) {
        Json amounts = Json::array();
        for (const Amount& amount : row.amounts)
            amounts.push_back({{"value", number(amount.value)}, {"style", name_of(amount.style)}});
        array.push_back({{"rule", row.rule},
                         {"kind", name_of(row.kind)},
                         {"concern", name_of(row.concern)},
                         {"category", row.category.empty() ? Json(nullptr) : Json(row.category)},
                         {"text", recommendation_text(row)},
                         {"amounts", std::move(amounts)},
                         {"evidence", row.evidence}});
    }
    return array;
}

}  // namespace assay::report
