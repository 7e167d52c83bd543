#include "report/exact.h"

#include <array>
#include <charconv>

namespace assay::report {
namespace {

void append(std::vector<NamedNumber>& numbers, std::string_view name,
            const std::optional<double>& value) {
    if (value)
        numbers.push_back({std::string(name), *value});
}

}  // namespace

std::string exact(double value) {
    std::array<char, 32> digits{};
    // A negative zero is no fact.
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value == 0 ? 0.0 : value).ptr;
    return {digits.data(), end};
}

std::string exact_fixed(double value) {
    // The longest double without an exponent: 308 digits before the point, or 324 and more behind.
    std::array<char, 400> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   value == 0 ? 0.0 : value, std::chars_format::fixed)
                         .ptr;
    return {digits.data(), end};
}

std::string exact_value(const Value& value) {
    if (const std::string* text = value.as_text())
        return *text;
    if (const auto truth = value.as_bool())
        return *truth ? "true" : "false";
    if (const auto whole = value.as_integer())
        return std::to_string(*whole);
    if (const auto number = value.as_number())
        return exact(*number);
    return "-";
}

std::string exact_conditions(const std::vector<Condition>& conditions) {
    std::string text;
    for (const Condition& condition : conditions)
        text += (text.empty() ? "" : " ") + condition.name + "=" + exact_value(condition.value);
    return text;
}

std::vector<NamedNumber> statistics_of(const Measurement& measurement) {
    const Summary& summary = measurement.summary;
    std::vector<NamedNumber> numbers{{"n", static_cast<double>(summary.n)}};
    append(numbers, "median", summary.median);
    append(numbers, "min", summary.min);
    append(numbers, "max", summary.max);
    append(numbers, "mad", summary.mad);
    append(numbers, "ci95_low", summary.ci95_low);
    append(numbers, "ci95_high", summary.ci95_high);
    if (const auto& percentiles = measurement.percentiles) {
        numbers.push_back({"operations", static_cast<double>(percentiles->count)});
        append(numbers, "operations_mean", percentiles->mean);
        append(numbers, "operations_min", percentiles->min);
        append(numbers, "operations_max", percentiles->max);
        for (std::size_t index = 0; index < kPercentileNames.size(); ++index)
            append(numbers, kPercentileNames[index].name, percentiles->values[index]);
    }
    for (const double sample : measurement.samples)
        numbers.push_back({"sample", sample});
    return numbers;
}

}  // namespace assay::report
