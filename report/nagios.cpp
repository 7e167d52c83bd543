#include <algorithm>

#include "report/base_unit.h"
#include "report/exact.h"
#include "report/formats.h"
#include "report/plain_text.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

/// Nagios cuts its output at 4 KB by default, and others at 255 bytes.
constexpr std::size_t kFirstLine = 200;
constexpr std::size_t kMostLines = 10;
constexpr std::size_t kMostNumbers = 200;

/// A text in which nothing ends the line or begins performance data.
std::string safe(std::string_view text) {
    std::string plain = visible(text);
    std::ranges::replace(plain, '|', '/');
    return plain;
}

/// At most so many bytes, never half a letter.
std::string first_bytes(std::string text, std::size_t limit) {
    if (text.size() <= limit)
        return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0u) == 0x80u)
        --limit;
    text.resize(limit);
    return text;
}

/// 'label'=value[unit]; neither a quote nor an equals sign may be in the label.
std::string performance(std::string_view label, double value, std::string_view unit) {
    std::string name = safe(label);
    std::ranges::replace(name, '\'', '_');
    std::ranges::replace(name, '=', ':');
    return "'" + name + "'=" + exact_fixed(value) + std::string(unit);
}

/// The first line, as many numbers on it as fit, then the other lines and the other numbers.
std::string answer(const std::string& first, const std::vector<std::string>& lines,
                   const std::vector<std::string>& numbers) {
    std::string text = first_bytes(first, kFirstLine);
    std::size_t used = 0;
    for (; used < numbers.size(); ++used) {
        const std::string more = (used == 0 ? " | " : " ") + numbers[used];
        if (text.size() + more.size() > kFirstLine)
            break;
        text += more;
    }
    for (std::size_t at = 0; at < lines.size() && at < kMostLines; ++at)
        text += "\n" + lines[at];
    if (used == numbers.size())
        return text + "\n";
    text += lines.empty() ? "\nmore numbers | " : " | ";
    for (std::size_t at = used; at < numbers.size() && at < kMostNumbers; ++at)
        text += numbers[at] + "\n";
    return text;
}

std::string_view service_state(Decision decision) {
    switch (decision) {
        case Decision::go:
            return "OK";
        case Decision::go_with_conditions:
            return "WARNING";
        case Decision::no_go:
            return "CRITICAL";
        case Decision::inconclusive:
            break;
    }
    return "UNKNOWN";
}

}  // namespace

std::string run_to_nagios(const Run& run) {
    std::size_t measured = 0;
    std::vector<std::string> lines, numbers;
    for (const ProbeResult& probe : run.probes) {
        if (probe.status == ProbeStatus::measured)
            ++measured;
        else
            lines.push_back(safe(probe.id + " " + std::string(name_of(probe.status)) + ": " +
                                 (probe.reason ? probe.reason->message : "no reason given")));
        for (const Measurement& measurement : probe.measurements)
            if (measurement.summary.median) {
                const BaseUnit unit = base_unit_of(measurement.unit);
                numbers.push_back(
                    performance(measurement.metric + " " + exact_conditions(measurement.conditions),
                                *measurement.summary.median / unit.divisor, unit.nagios));
            }
    }
    const bool is_ok = run.valid && measured == run.probes.size() && measured > 0;
    const std::string first = std::string("ASSAY ") + (is_ok ? "OK" : "UNKNOWN") + ": " +
                              safe(run.label) + ", " + std::to_string(measured) + " of " +
                              std::to_string(run.probes.size()) + " probes measured, " +
                              (run.valid ? "all valid" : "not all valid");
    return answer(first, lines, numbers);
}

std::string comparison_to_nagios(const Run& target, const Verdict& verdict) {
    std::string first = "ASSAY " + std::string(service_state(verdict.decision)) + ": " +
                        std::string(name_of(verdict.decision)) + ", " + safe(target.label);
    std::vector<std::string> lines, numbers;
    for (const std::string& reason : verdict.reasons)
        lines.push_back(safe(reason));
    if (verdict.overall) {
        first += ", overall " + score_text(*verdict.overall);
        numbers.push_back(performance("overall", *verdict.overall, ""));
    }
    if (!lines.empty() && verdict.decision != Decision::go)
        first += ". " + lines.front();
    for (const CategoryScore& category : verdict.categories)
        if (category.ratio)
            numbers.push_back(performance(category.name, *category.ratio, ""));
    return answer(first, lines, numbers);
}

}  // namespace assay::report
