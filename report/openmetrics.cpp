#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <vector>

#include "report/base_unit.h"
#include "report/exact.h"
#include "report/formats.h"
#include "report/plain_text.h"

namespace assay::report {
namespace {

struct Label {
    std::string name, value;
};

/// Metrics of one name stand together, under one HELP and one TYPE.
struct Family {
    std::string name, help;
    std::vector<std::string> lines;
};

class Exposition {
  public:
    void add(const std::string& name, const std::string& help, const std::vector<Label>& labels,
             double value) {
        std::string line = name + "{";
        for (const Label& label : labels)
            line +=
                (line.back() == '{' ? "" : ",") + label.name + "=\"" + escaped(label.value) + "\"";
        line += "}";
        // A collector refuses the whole file where one metric is there twice.
        if (!known_.insert(line).second)
            return;
        auto family = std::ranges::find(families_, name, &Family::name);
        if (family == families_.end())
            family = families_.insert(family, {name, help, {}});
        family->lines.push_back(line + " " + exact(value) + "\n");
    }

    std::string text() const {
        std::string text;
        for (const Family& family : families_) {
            text += "# HELP " + family.name + " " + escaped(family.help) + "\n# TYPE " +
                    family.name + " gauge\n";
            for (const std::string& line : family.lines)
                text += line;
        }
        return text + "# EOF\n";
    }

  private:
    static std::string escaped(std::string_view value) {
        std::string safe;
        for (const char letter : visible(value))
            if (letter == '\\' || letter == '"')
                safe += std::string("\\") + letter;
            else
                safe += letter;
        return safe;
    }
    std::vector<Family> families_;
    std::set<std::string> known_;
};

/// Letters, digits and underscores; never a digit first.
std::string identifier(std::string_view text) {
    std::string name;
    for (const char letter : text) {
        const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
        const bool is_digit = letter >= '0' && letter <= '9';
        name += is_letter || is_digit ? letter : '_';
    }
    if (name.empty() || (name[0] >= '0' && name[0] <= '9'))
        name.insert(name.begin(), '_');
    return name;
}

std::vector<Label> labels_of_run(const Run& run) {
    return {{"host", run.label.empty() ? run.run_id : run.label}, {"profile", run.profile_name}};
}

/// Names that this writer gives itself get a prefix where a condition has them too.
std::vector<Label> labels_of(const Run& run, const Measurement& measurement) {
    constexpr std::string_view kOwn[] = {"host", "profile", "statistic", "le", "quantile"};
    std::vector<Label> labels = labels_of_run(run);
    for (const Condition& condition : measurement.conditions) {
        std::string name = identifier(condition.name);
        if (std::ranges::find(kOwn, name) != std::end(kOwn) || name.starts_with("__"))
            name = "condition_" + name;
        if (std::ranges::find(labels, name, &Label::name) == labels.end())
            labels.push_back({std::move(name), exact_value(condition.value)});
    }
    return labels;
}

/// Counts have no unit; the others are in base units.
void add_measurement(Exposition& exposition, const Run& run, const Measurement& measurement) {
    const BaseUnit unit = base_unit_of(measurement.unit);
    const std::string stem = "assay_" + identifier(measurement.metric);
    std::string name = stem;
    if (!name.ends_with("_" + std::string(unit.suffix)))
        name += "_" + std::string(unit.suffix);
    const std::vector<Label> labels = labels_of(run, measurement);
    for (const NamedNumber& number : statistics_of(measurement)) {
        if (number.statistic == "sample")
            continue;
        if (number.statistic == "n" || number.statistic == "operations") {
            exposition.add(stem + (number.statistic == "n" ? "_rounds" : "_operations"),
                           number.statistic == "n"
                               ? "Valid rounds behind " + measurement.metric
                               : "Operations behind the percentiles of " + measurement.metric,
                           labels, number.value);
            continue;
        }
        std::vector<Label> all = labels;
        all.push_back({"statistic", number.statistic});
        exposition.add(name, "assay metric " + measurement.metric + ", by statistic over rounds",
                       all, number.value / unit.divisor);
    }
}

/// Of "2025-11-20T09:30:00Z", in s since 1970. nullopt where it is written otherwise.
std::optional<double> seconds_of(std::string_view time) {
    constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
    if (time.size() != kForm.size())
        return std::nullopt;
    for (std::size_t at = 0; at < kForm.size(); ++at)
        if (kForm[at] == 'd' ? time[at] < '0' || time[at] > '9' : time[at] != kForm[at])
            return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = 0;
        std::from_chars(time.data() + at, time.data() + at + digits, value);
        return value;
    };
    using namespace std::chrono;
    const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                              day(static_cast<unsigned>(number(8, 2)))};
    if (!date.ok())
        return std::nullopt;
    const auto moment =
        sys_days(date) + hours(number(11, 2)) + minutes(number(14, 2)) + seconds(number(17, 2));
    return static_cast<double>(moment.time_since_epoch() / seconds(1));
}

void add_run(Exposition& exposition, const Run& run) {
    const std::vector<Label> labels = labels_of_run(run);
    std::vector<Label> info = labels;
    info.push_back({"run_id", run.run_id});
    info.push_back({"tool_version", run.tool_version});
    exposition.add("assay_run_info", "Which run these numbers are of", info, 1);
    if (const auto started = seconds_of(run.started_at))
        exposition.add("assay_run_start_timestamp_seconds", "When the run began", labels, *started);
    exposition.add("assay_run_duration_seconds", "How long the run took", labels, run.duration_s);
    exposition.add("assay_run_valid", "1 where every number of the run is valid", labels,
                   run.valid ? 1 : 0);
    for (const ProbeResult& probe : run.probes) {
        std::vector<Label> all = labels;
        all.push_back({"probe", probe.id});
        exposition.add("assay_probe_measured", "1 where the probe was measured", all,
                       probe.status == ProbeStatus::measured ? 1 : 0);
    }
}

}  // namespace

std::string run_to_openmetrics(const Run& run) {
    Exposition exposition;
    add_run(exposition, run);
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            add_measurement(exposition, run, measurement);
    return exposition.text();
}

}  // namespace assay::report
