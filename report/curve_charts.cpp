#include "report/chart_draft.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "report/condition_text.h"
#include "report/exact.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

using Names = std::string_view;

/// A metric over something that was varied: a condition, or what another metric found.
struct Curve {
    Names metric, x, x_title, x_metric;
    bool has_log_y, has_tail;  ///< tail: p50 and p99 instead of the median
    Names varies_with_x;       ///< one more condition that is no other line
};

constexpr std::array kCurves{
    Curve{"cpu.scaling.efficiency", "threads", "threads", "", false, false, "scope"},
    Curve{"cpu.scaling.efficiency_per_clock", "threads", "threads", "", false, false, "scope"},
    Curve{"cpu.aes_256_gcm.encrypt", "record_bytes", "record", "", true, false, ""},
    Curve{"memory.latency.random", "working_set_bytes", "working set", "", true, false,
          "pages_obtained"},
    Curve{"memory.loaded_latency.latency", "load_percent", "load on the memory (B/s)",
          "memory.loaded_latency.bandwidth", true, true, ""},
    Curve{"storage.random_read.iops", "depth", "depth", "", true, false, ""},
    Curve{"storage.random_read.latency", "depth", "depth", "", true, true, ""},
    Curve{"storage.random_read.iops", "block_bytes", "block", "", true, false, ""},
    Curve{"storage.random_read.latency", "block_bytes", "block", "", true, true, ""},
    Curve{"storage.random_write.iops", "depth", "depth", "", true, false, ""},
    Curve{"storage.random_write.latency", "depth", "depth", "", true, true, ""},
    Curve{"storage.random_write.iops", "block_bytes", "block", "", true, false, ""},
    Curve{"storage.mixed.iops", "depth", "depth", "", true, false, ""},
    Curve{"storage.mixed.latency", "depth", "depth", "", true, true, ""},
    Curve{"storage.load_curve.response", "rate", "rate offered (op/s)", "", true, true, "depth"},
    Curve{"storage.load_curve.rate", "rate", "rate offered (op/s)", "", true, false, "depth"},
    Curve{"network.tcp.bandwidth", "streams", "streams", "", false, false, ""},
};

/// What is found rather than asked for, or follows from the varied condition.
constexpr std::array kFound{Names("hops_per_sample"), Names("engine_setup"), Names("size_bytes"),
                            Names("path"), Names("target")};
/// What must be equal on two hosts so that their lines may share a picture.
constexpr std::array kAsked{
    Names("block_bytes"),  Names("depth"),          Names("mode"),
    Names("engine"),       Names("polling"),        Names("rate"),
    Names("pages"),        Names("chains"),         Names("read_percent"),
    Names("load"),         Names("load_direction"), Names("direction"),
    Names("streams"),      Names("peer"),           Names("level"),
    Names("corpus"),       Names("record_bytes"),   Names("scope"),
    Names("method"),       Names("file"),           Names("payload_bytes"),
    Names("load_percent"), Names("threads"),        Names("working_set_bytes")};

bool is_in(std::span<const Names> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

/// Equal on all points of one line of one host.
std::string line_of(const Measurement& measurement, const Curve& curve) {
    std::vector<Condition> kept;
    for (const Condition& condition : measurement.conditions)
        if (condition.name != curve.x && condition.name != curve.varies_with_x &&
            !is_in(kFound, condition.name))
            kept.push_back(condition);
    return exact_conditions(kept);
}

std::string asked_of_line(const Measurement& measurement, const Curve& curve) {
    Measurement cut;
    for (const Condition& condition : measurement.conditions)
        // The size of a chase follows the host's cache where the load is what varies.
        if (condition.name != curve.varies_with_x &&
            (curve.x_metric.empty() || condition.name != "working_set_bytes"))
            cut.conditions.push_back(condition);
    return asked_conditions(cut, curve.x);
}

std::string shown_of_line(const Measurement& measurement, const Curve& curve) {
    std::string text;
    for (const Condition& condition : measurement.conditions) {
        if (condition.name == curve.x || condition.name == curve.varies_with_x ||
            is_in(kFound, condition.name) ||
            (!curve.x_metric.empty() && condition.name == "working_set_bytes"))
            continue;
        if (const std::string one = condition_text(condition); !one.empty())
            text += (text.empty() ? "" : ", ") + one;
    }
    return text;
}

std::optional<ChartValue> x_of(const ProbeResult& probe, const Measurement& measurement,
                               const Curve& curve) {
    const Value* value = measurement.condition(curve.x);
    const auto number = value ? value->as_number() : std::nullopt;
    if (!number || *number <= 0)
        return std::nullopt;
    if (curve.x_metric.empty()) {
        const bool is_size = curve.x.ends_with("_bytes") && *number < 0x1p63;
        return ChartValue{*number, is_size ? byte_size(static_cast<std::uint64_t>(*number))
                                   : curve.x == "rate"
                                       ? quantity(number, Unit::operations_per_second)
                                       : quantity(number, Unit::count)};
    }
    for (const Measurement& other : probe.measurements)
        if (other.metric == curve.x_metric && other.conditions == measurement.conditions &&
            other.summary.median && *other.summary.median > 0)
            return ChartValue{*other.summary.median, quantity(other.summary.median, other.unit)};
    return std::nullopt;
}

void add_point(ChartDraft& draft, const DraftLine& line, std::string_view statistic,
               ChartPoint point) {
    auto found = std::ranges::find_if(draft.lines, [&](const DraftLine& known) {
        return known.key == line.key && known.statistic == statistic && known.shown == line.shown;
    });
    if (found == draft.lines.end() && draft.lines.size() == kMostDraftLines)
        return;
    if (found == draft.lines.end())
        found = draft.lines.insert(draft.lines.end(),
                                   {line.key, line.shown, std::string(statistic), {}});
    if (found->points.size() < kMostChartPoints)
        found->points.push_back(std::move(point));
}

std::optional<double> tail_of(const Measurement& measurement, std::string_view name) {
    for (std::size_t index = 0; measurement.percentiles && index < kPercentileNames.size(); ++index)
        if (kPercentileNames[index].name == name)
            return measurement.percentiles->values[index];
    return std::nullopt;
}

void add_measurement(const ProbeResult& probe, const Measurement& measurement, const Curve& curve,
                     ChartDraft& draft) {
    const auto x = x_of(probe, measurement, curve);
    if (!x || !measurement.summary.median)
        return;
    // The exact conditions keep two lines of one host apart; what was asked joins two hosts.
    const DraftLine line{asked_of_line(measurement, curve) + "\n" + line_of(measurement, curve),
                         shown_of_line(measurement, curve),
                         {},
                         {}};
    const auto add = [&](std::string_view statistic, std::optional<double> value) {
        if (value && (*value > 0 || !curve.has_log_y))
            add_point(draft, line, statistic,
                      {*x, {*value, quantity(value, measurement.unit)}, {}, {}, {}, false});
    };
    if (curve.has_tail && measurement.percentiles) {
        add("p50", tail_of(measurement, "p50"));
        add("p99", tail_of(measurement, "p99"));
        return;
    }
    if (*measurement.summary.median > 0 || !curve.has_log_y)
        add_point(
            draft, line, "",
            {*x,
             {*measurement.summary.median, quantity(measurement.summary.median, measurement.unit)},
             measurement.summary.ci95_low,
             measurement.summary.ci95_high,
             {},
             false});
}

/// Of equal places the earlier stays first. No stable_sort: the standard library's asks for memory
/// by a function that C++17 deprecated, and clang says so.
void sort_by_place(std::vector<ChartPoint>& points) {
    std::multimap<double, ChartPoint> ordered;
    for (ChartPoint& point : points)
        ordered.emplace(point.x.at, std::move(point));
    points.clear();
    for (auto& [place, point] : ordered)
        points.push_back(std::move(point));
}

/// A line is one from two different places on. The exact conditions have done their work.
void finish(ChartDraft& draft, const Curve& curve) {
    for (DraftLine& line : draft.lines) {
        // A load that no longer rises turns back: its points stay in the order of the load asked.
        if (curve.x_metric.empty())
            sort_by_place(line.points);
        line.key.resize(std::min(line.key.size(), line.key.find('\n')));
    }
    std::erase_if(draft.lines, [](const DraftLine& line) {
        return line.points.size() < 2 || line.points.front().x.at == line.points.back().x.at;
    });
}

}  // namespace

std::string asked_conditions(const Measurement& measurement, std::string_view but) {
    std::vector<Condition> asked;
    // How many threads a scope has is the host's, not the question's.
    const bool has_scope = measurement.condition("scope") != nullptr;
    for (const Condition& condition : measurement.conditions)
        if (condition.name != but && is_in(kAsked, condition.name) &&
            (condition.name != "threads" || !has_scope))
            asked.push_back(condition);
    std::ranges::sort(asked, {}, &Condition::name);
    return exact_conditions(asked);
}

std::string axis_title(std::string_view metric, Unit unit) {
    std::string title(metric.substr(metric.rfind('.') + 1));
    std::ranges::replace(title, '_', ' ');
    // The labels of times go from ns to s; those of rates keep their unit behind a prefix.
    return title + (unit == Unit::nanoseconds ? " (time)" : " (" + std::string(symbol(unit)) + ")");
}

std::string axis_title(const Measurement& measurement) {
    return axis_title(measurement.metric, measurement.unit);
}

void add_curves(const ProbeResult& probe, ChartDrafts& drafts) {
    for (const Curve& curve : kCurves) {
        if (!curve.metric.starts_with(probe.id + "."))
            continue;
        ChartDraft draft;
        draft.id = std::string(curve.metric) + " by " + std::string(curve.x);
        for (const Measurement& measurement : probe.measurements)
            if (measurement.metric == curve.metric) {
                draft.chart.y = {axis_title(measurement), curve.has_log_y, true};
                add_measurement(probe, measurement, curve, draft);
            }
        finish(draft, curve);
        if (draft.lines.empty())
            continue;
        draft.chart.category = probe.id.substr(0, probe.id.find('.'));
        draft.chart.title = std::string(curve.metric) + " by " +
                            std::string(curve.x_title.substr(0, curve.x_title.find(" (")));
        draft.chart.x = {std::string(curve.x_title), true, true};
        drafts.push_back(std::move(draft));
    }
}

}  // namespace assay::report
