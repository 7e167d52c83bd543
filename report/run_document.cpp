#include <algorithm>
#include <array>

#include "report/condition_text.h"
#include "report/document.h"
#include "report/format.h"
#include "report/quantity.h"
#include "report/run_charts.h"

namespace assay::report {
namespace {

/// A section longer than this is for the file, not for ten seconds of reading.
/// Of many probes each shows its best numbers; one alone shows all.
constexpr std::size_t kMostRowsOfProbe = 3;
constexpr std::size_t kMostRowsOfSection = 60;
constexpr std::size_t kMostNotes = 6;
/// A file from outside may hold any number of names; these bound the work and the screen.
constexpr std::size_t kMostSections = 16;
constexpr std::size_t kMostGathered = 100;
constexpr std::size_t kMostPlaces = 4;

std::string text_at(const Run& run, std::string_view section, std::string_view name) {
    const Value* object = run.environment.find(section);
    const Value* value = object ? object->find(name) : nullptr;
    const std::string* text = value ? value->as_text() : nullptr;
    return text ? *text : "";
}

std::optional<double> number_at(const Run& run, std::string_view section, std::string_view name) {
    const Value* object = run.environment.find(section);
    const Value* value = object ? object->find(name) : nullptr;
    return value ? value->as_number() : std::nullopt;
}

std::string join(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts)
        if (!part.empty())
            text += (text.empty() ? "" : ", ") + part;
    return text;
}

/// "Example 8000, 16 CPUs, 64 GiB, Linux 6.1.0, kvm": what is known of it.
std::string host_text(const Run& run) {
    std::vector<std::string> parts{text_at(run, "host", "hostname"),
                                   text_at(run, "cpu", "model_name")};
    const auto all = number_at(run, "cpu", "logical_cpus");
    const auto effective = number_at(run, "cgroup", "effective_cpus");
    if (all && effective && *effective < *all)
        parts.push_back(
            format("{} of {} CPUs", quantity(effective, Unit::count), quantity(all, Unit::count)));
    else if (all)
        parts.push_back(quantity(all, Unit::count) + (*all == 1 ? " CPU" : " CPUs"));
    if (const auto memory = number_at(run, "memory", "total_bytes"); memory && *memory > 0)
        parts.push_back(quantity(memory, Unit::bytes));
    if (const std::string release = text_at(run, "kernel", "release"); !release.empty())
        parts.push_back("Linux " + release);
    parts.push_back(text_at(run, "host", "hypervisor"));
    parts.push_back(text_at(run, "host", "container"));
    const std::string text = join(parts);
    return text.empty() ? "unknown" : text;
}

/// Half the 95 % interval, or the MAD where the rounds are too few for one, over the median.
std::string spread_text(const Summary& summary) {
    if (!summary.median || *summary.median <= 0)
        return "-";
    if (summary.ci95_low && summary.ci95_high)
        return percent((*summary.ci95_high - *summary.ci95_low) / 2 / *summary.median);
    return summary.mad ? percent(*summary.mad / *summary.median) + " MAD" : "-";
}

Mark mark_of(const std::vector<Finding>& findings) {
    Mark mark = Mark::none;
    for (const Finding& finding : findings) {
        if (finding.severity == Severity::invalid)
            return Mark::bad;
        if (finding.severity == Severity::warning)
            mark = Mark::warning;
    }
    return mark;
}

std::string category_of(std::string_view id) {
    return std::string(id.substr(0, id.find('.')));
}

/// "random read iops" of "storage.random_read.iops".
std::string short_title(std::string_view id) {
    std::string title(id.substr(std::min(id.find('.') + 1, id.size())));
    std::ranges::replace(title, '_', ' ');
    std::ranges::replace(title, '.', ' ');
    return title;
}

std::optional<double> percentile(const Measurement& measurement, std::string_view name) {
    if (!measurement.percentiles)
        return std::nullopt;
    for (std::size_t index = 0; index < kPercentileNames.size(); ++index)
        if (kPercentileNames[index].name == name)
            return measurement.percentiles->values[index];
    return std::nullopt;
}

/// Ids of the findings that weaken a number, the worst first.
std::vector<std::string> finding_names(const std::vector<Finding>& findings) {
    std::vector<std::string> names;
    for (const Severity severity : {Severity::invalid, Severity::warning})
        for (const Finding& finding : findings)
            if (finding.severity == severity &&
                std::ranges::find(names, finding.id) == names.end() && names.size() < kMostGathered)
                names.push_back(finding.id);
    return names;
}

/// "noisy +1": the notes below the table say the rest.
std::string worst_of(const std::vector<std::string>& names) {
    if (names.size() < 2)
        return join(names);
    return format("{} +{}", names.front(), names.size() - 1);
}

Row row_of(const Measurement& measurement) {
    const Unit unit = measurement.unit;
    const std::vector<std::string> names = finding_names(measurement.findings);
    Row row;
    row.mark = mark_of(measurement.findings);
    row.cells = {short_title(measurement.metric), conditions_text(measurement)};
    if (!measurement.summary.median) {
        row.note = "no valid number" + (names.empty() ? "" : ": " + worst_of(names));
        return row;
    }
    row.cells.insert(row.cells.end(),
                     {quantity(measurement.summary.median, unit),
                      unit == Unit::count ? "" : spread_text(measurement.summary),
                      measurement.percentiles ? quantity(percentile(measurement, "p50"), unit) : "",
                      measurement.percentiles ? quantity(percentile(measurement, "p99"), unit) : "",
                      worst_of(names)});
    return row;
}

/// Zeros compress without work: they stand for no host.
bool is_trivial(const Measurement& measurement) {
    const Value* corpus = measurement.condition("corpus");
    const std::string* name = corpus ? corpus->as_text() : nullptr;
    return name != nullptr && *name == "zeros";
}

/// 0 where it has no such condition.
double number_of(const Measurement& measurement, std::string_view condition) {
    const Value* value = measurement.condition(condition);
    return value ? value->as_number().value_or(0) : 0;
}

bool is_better(const Measurement& left, const Measurement& right) {
    if (is_trivial(left) != is_trivial(right))
        return is_trivial(right);
    // What a cache answers says nothing of the memory behind it.
    if (const double ours = number_of(left, "working_set_bytes"),
        theirs = number_of(right, "working_set_bytes");
        ours != theirs)
        return ours > theirs;
    // A share of one thread's own rate says nothing.
    if (left.unit == Unit::ratio && number_of(left, "threads") != number_of(right, "threads"))
        return number_of(left, "threads") > number_of(right, "threads");
    if (!left.summary.median || !right.summary.median)
        return left.summary.median.has_value() && !right.summary.median;
    return left.better == Better::lower ? *left.summary.median < *right.summary.median
                                        : *left.summary.median > *right.summary.median;
}

/// Counts, shares and what tells of the measuring itself give way where a probe has more metrics
/// than rows: rates and times stand for the host.
bool is_shown_first(const Measurement& measurement) {
    return measurement.unit != Unit::count && measurement.unit != Unit::ratio &&
           !measurement.metric.ends_with(".service") && !measurement.metric.ends_with(".jitter") &&
           !measurement.metric.ends_with(".window_skew");
}

std::size_t metrics_of(const ProbeResult& probe) {
    std::vector<std::string_view> names;
    for (const Measurement& measurement : probe.measurements)
        if (std::ranges::find(names, measurement.metric) == names.end() &&
            names.size() <= kMostRowsOfProbe)
            names.push_back(measurement.metric);
    return names.size();
}

/// The best measurement of each metric, in the order of the file: what stands for the host.
std::vector<const Measurement*> best_of_metrics(const ProbeResult& probe) {
    std::vector<const Measurement*> chosen;
    const bool is_crowded = metrics_of(probe) > kMostRowsOfProbe;
    for (const Measurement& measurement : probe.measurements) {
        if (is_crowded && !is_shown_first(measurement))
            continue;
        const auto rival = std::ranges::find(
            chosen, measurement.metric,
            [](const Measurement* other) { return std::string_view(other->metric); });
        if (rival != chosen.end()) {
            if (is_better(measurement, **rival))
                *rival = &measurement;
        } else if (chosen.size() < kMostRowsOfProbe) {
            chosen.push_back(&measurement);
        }
    }
    return chosen;
}

std::vector<const Measurement*> all_of_probe(const ProbeResult& probe) {
    std::vector<const Measurement*> chosen;
    for (const Measurement& measurement : probe.measurements)
        chosen.push_back(&measurement);
    return chosen;
}

Section& section_of(std::vector<Section>& sections, const std::string& title) {
    const auto found = std::ranges::find(sections, title, &Section::title);
    if (found != sections.end())
        return *found;
    if (sections.size() == kMostSections)
        return sections.back();
    Section section;
    section.title = title;
    section.columns = {{title, false}, {"conditions", false}, {"median", true},   {"\u00b1", true},
                       {"p50", true},  {"p99", true},         {"findings", false}};
    return sections.emplace_back(std::move(section));
}

void add_rows(Section& section, const ProbeResult& probe, bool is_alone) {
    if (section.rows.size() >= kMostRowsOfSection)
        return;
    if (probe.status != ProbeStatus::measured) {
        Row row;
        row.mark = probe.status == ProbeStatus::failed ? Mark::bad : Mark::absent;
        row.cells = {short_title(probe.id)};
        row.note = format("{}: {}", name_of(probe.status),
                          probe.reason ? probe.reason->message : "no reason given");
        section.rows.push_back(std::move(row));
        return;
    }
    for (const Measurement* measurement : is_alone ? all_of_probe(probe) : best_of_metrics(probe)) {
        if (section.rows.size() >= kMostRowsOfSection) {
            // The last row says that there is more.
            section.rows.back() = Row{
                {short_title(measurement->metric)}, "more in the result file", Mark::absent, {}};
            return;
        }
        section.rows.push_back(row_of(*measurement));
    }
}

std::vector<Section> sections_of(const Run& run) {
    std::vector<Section> sections;
    for (const ProbeResult& probe : run.probes)
        add_rows(section_of(sections, category_of(probe.id)), probe, run.probes.size() == 1);
    return sections;
}

/// Findings of one id in one line, worst first: where they were made, the first message, the
/// advice.
struct Gathered {
    Finding finding;
    std::vector<std::string> places;
    std::size_t times = 0;
};

void gather(std::vector<Gathered>& all, const std::vector<Finding>& findings,
            const std::string& place) {
    for (const Finding& finding : findings) {
        auto found = std::ranges::find_if(
            all, [&](const Gathered& row) { return row.finding.id == finding.id; });
        if (found == all.end() && all.size() == kMostGathered)
            continue;
        if (found == all.end())
            found = all.insert(all.end(), Gathered{finding, {}, 0});
        ++found->times;
        if (!place.empty() && found->places.size() < kMostPlaces &&
            std::ranges::find(found->places, place) == found->places.end())
            found->places.push_back(place);
    }
}

Mark mark_of(Severity severity) {
    return severity == Severity::invalid   ? Mark::bad
           : severity == Severity::warning ? Mark::warning
                                           : Mark::none;
}

Note note_of(const Gathered& row) {
    std::string text = row.finding.id;
    if (!row.places.empty())
        text += " (" + join(row.places) + ")";
    text += ": " + row.finding.message;
    if (row.times > 1)
        text += format(" ({} times)", row.times);
    return {mark_of(row.finding.severity), std::move(text), row.finding.advice};
}

std::vector<Note> notes_of(const Run& run) {
    std::vector<Gathered> all;
    gather(all, run.findings, "");
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            gather(all, measurement.findings, probe.id);
    std::vector<Note> notes;
    for (const Severity severity : {Severity::invalid, Severity::warning, Severity::info})
        for (const Gathered& row : all)
            if (row.finding.severity == severity && notes.size() < kMostNotes)
                notes.push_back(note_of(row));
    if (all.size() > notes.size())
        notes.push_back(
            {Mark::none, format("{} more in the result file", all.size() - notes.size()), ""});
    return notes;
}

bool has_finding(const Run& run, std::string_view id) {
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            for (const Finding& finding : measurement.findings)
                if (finding.id == id)
                    return true;
    return false;
}

std::vector<std::string> next_steps_of(const Run& run) {
    std::vector<std::string> steps;
    if (has_finding(run, "self_test"))
        steps.emplace_back(
            "Network is only a SELF-TEST, both ends are this host: give --peer HOST:PORT of an "
            "'assay agent' on another host, or compare with --without network.");
    if (run.probes.size() > 1)
        steps.emplace_back(
            "Take the same run on the other host, then: assay compare SOURCE.json TARGET.json");
    return steps;
}

}  // namespace

Document document_of(const Run& run) {
    Document document;
    document.title = run.label.empty() ? "run " + run.run_id : run.label;
    document.mark = run.valid ? Mark::good : Mark::bad;
    document.facts = {
        {"profile", run.profile_name},
        {"took", clock_time(run.duration_s)},
        {"numbers", run.valid ? "valid" : "INVALID in part (see findings)"},
        {"started", run.started_at},
        {"host", host_text(run)},
    };
    document.sections = sections_of(run);
    document.notes_title = "findings";
    document.notes = notes_of(run);
    document.next_steps = next_steps_of(run);
    document.charts = charts_of(run);
    return document;
}

}  // namespace assay::report
