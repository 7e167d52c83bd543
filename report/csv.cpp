#include <vector>

#include "report/exact.h"
#include "report/formats.h"
#include "report/json_writer.h"
#include "report/plain_text.h"

namespace assay::report {
namespace {

constexpr std::string_view kHeader = "run,probe,metric,conditions,statistic,value,unit\r\n";

/// A text as a cell. A spreadsheet computes what begins with one of these signs; an apostrophe
/// makes it a text (OWASP, "CSV injection").
std::string cell(std::string_view text) {
    std::string plain = visible(text);
    const std::size_t first = plain.find_first_not_of(' ');
    if (first != std::string::npos &&
        std::string_view("=+-@|%").find(plain[first]) != std::string_view::npos)
        plain.insert(plain.begin(), '\'');
    if (plain.find_first_of(",\"") == std::string::npos)
        return plain;
    std::string quoted = "\"";
    for (const char letter : plain)
        quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
    return quoted + "\"";
}

/// The five texts before a value.
struct Subject {
    std::string_view run, probe, metric;
    std::string conditions;
};

void add_line(std::string& text, const Subject& subject, std::string_view statistic,
              const std::optional<double>& value, std::string_view unit) {
    text += cell(subject.run) + "," + cell(subject.probe) + "," + cell(subject.metric) + "," +
            cell(subject.conditions) + "," + cell(statistic) + "," +
            (value ? exact(*value) : std::string()) + "," + cell(unit) + "\r\n";
}

std::string_view name_of_run(const Run& run) {
    return run.label.empty() ? run.run_id : run.label;
}

/// A number without a unit of its own has that of the metric, a count or a ratio.
std::string_view unit_of(std::string_view statistic, Unit unit) {
    return statistic == "n" || statistic == "operations" ? symbol(Unit::count) : symbol(unit);
}

void add_metric(std::string& text, const Run& source, std::string_view target,
                const CategoryScore& category, const MetricRatio& metric) {
    const std::string name =
        metric.metric + (metric.statistic == "median" ? "" : " " + metric.statistic);
    const Subject subject{target, category.name, name, metric.conditions};
    const auto unit = unit_of_metric(source, metric.metric);
    const std::string_view symbol_of_unit = unit ? symbol(*unit) : std::string_view();
    constexpr std::string_view kRatio = "ratio";
    if (metric.source)
        add_line(text, subject, "source", metric.source, symbol_of_unit);
    if (metric.target)
        add_line(text, subject, "target", metric.target, symbol_of_unit);
    add_line(text, subject, "ratio", metric.ratio, kRatio);
    if (metric.ratio_low)
        add_line(text, subject, "ratio_ci95_low", metric.ratio_low, kRatio);
    if (metric.ratio_high)
        add_line(text, subject, "ratio_ci95_high", metric.ratio_high, kRatio);
    add_line(text, subject, "share", metric.weight, kRatio);
}

}  // namespace

std::string run_to_csv(const Run& run) {
    std::string text(kHeader);
    for (const ProbeResult& probe : run.probes) {
        const Subject nothing{name_of_run(run), probe.id, "", ""};
        if (probe.status != ProbeStatus::measured)
            add_line(text, nothing, name_of(probe.status), std::nullopt, "");
        for (const Measurement& measurement : probe.measurements) {
            const Subject subject{name_of_run(run), probe.id, measurement.metric,
                                  exact_conditions(measurement.conditions)};
            for (const NamedNumber& number : statistics_of(measurement))
                add_line(text, subject, number.statistic, number.value,
                         unit_of(number.statistic, measurement.unit));
        }
    }
    return text;
}

std::string comparison_to_csv(const Run& source, const Run& target, const Verdict& verdict) {
    std::string text(kHeader);
    const std::string_view name = name_of_run(target);
    const Subject whole{name, name_of(verdict.decision), "overall", ""};
    const auto add = [&text](const Subject& subject, std::string_view statistic,
                             const std::optional<double>& value) {
        if (value)
            add_line(text, subject, statistic, value, "ratio");
    };
    add(whole, "ratio", verdict.overall);
    add(whole, "ratio_ci95_low", verdict.overall_low);
    add(whole, "ratio_ci95_high", verdict.overall_high);
    add(whole, "probability", verdict.overall_probability);
    add(whole, "geometric", verdict.geometric);
    for (const CategoryScore& category : verdict.categories) {
        const Subject subject{name, category.name, "category", ""};
        add(subject, "weight", category.weight);
        add(subject, "ratio", category.ratio);
        add(subject, "ratio_ci95_low", category.ratio_low);
        add(subject, "ratio_ci95_high", category.ratio_high);
        add(subject, "floor_probability", category.floor_probability);
        for (const MetricRatio& metric : category.metrics)
            add_metric(text, source, name, category, metric);
    }
    for (const LimitResult& limit : verdict.limits) {
        const Subject subject{name, "limit", limit.name, std::string(name_of(limit.state))};
        add_line(text, subject, limit.is_ceiling ? "at_most" : "at_least", limit.bound,
                 symbol(limit.unit));
        if (limit.value)
            add_line(text, subject, "value", limit.value, symbol(limit.unit));
        add(subject, "probability", limit.probability);
    }
    return text;
}

}  // namespace assay::report
