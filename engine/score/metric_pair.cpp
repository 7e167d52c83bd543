#include "engine/score/metric_pair.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <vector>

namespace assay::score {
namespace {

constexpr double kBeyondAnyCacheBytes = 64.0 * static_cast<double>(kGiB);

std::string number_text(double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

bool same_value(const Value* left, const Value* right) {
    if (left == nullptr || right == nullptr)
        return left == right;
    // A file may write 4096 or 4096.0.
    if (left->as_number() && right->as_number())
        return *left->as_number() == *right->as_number();
    return *left == *right;
}

/// Runs that were taken before both directions were have only the one, and do not say so.
const Value* condition_of(const Measurement& measurement, std::string_view name) {
    static const Value kUp("up");
    const Value* value = measurement.condition(name);
    return value == nullptr && name == "direction" && measurement.metric.starts_with("network.tcp")
               ? &kUp
               : value;
}

bool meets(const Measurement& measurement, const RequiredCondition& required) {
    const Value* value = condition_of(measurement, required.name);
    if (value == nullptr)
        return false;
    if (!required.text.empty())
        return (value->as_text() != nullptr && *value->as_text() == required.text) !=
               required.is_excluded;
    return value->as_number() == static_cast<double>(required.number);
}

const Finding* finding_of(const Measurement& measurement, std::string_view id) {
    for (const Finding& finding : measurement.findings)
        if (finding.id == id)
            return &finding;
    return nullptr;
}

const Finding* invalid_finding_of(const Measurement& measurement) {
    for (const Finding& finding : measurement.findings)
        if (finding.severity == Severity::invalid || finding.id == "too_few_valid_rounds")
            return &finding;
    return nullptr;
}

/// A sentence as a part of a longer one: without its full stop.
std::string clause(std::string sentence) {
    while (sentence.ends_with('.') || sentence.ends_with(' '))
        sentence.pop_back();
    return sentence;
}

double size_of(const Measurement& measurement, std::string_view condition) {
    const Value* value = measurement.condition(condition);
    return value == nullptr ? 0 : value->as_number().value_or(0);
}

std::string wanted_text(const MetricRow& row) {
    std::string text(row.metric);
    for (const RequiredCondition& required : row.conditions)
        text +=
            (required.is_excluded ? " without " : " with ") + std::string(required.name) + " " +
            (required.text.empty() ? std::to_string(required.number) : std::string(required.text));
    return text;
}

/// The better of two numbers of this row.
bool is_better(const MetricRow& row, double left, double right) {
    return row.better == Better::lower ? left < right : left > right;
}

/// Could an unusable candidate have been better than `best`, going by any number that it has? One
/// without numbers could.
bool may_beat(const MetricRow& row, const Measurement& unusable, double best) {
    if (unusable.samples.empty() && unusable.invalid_samples.empty())
        return true;
    const auto beats = [&](double value) { return !is_better(row, best, value); };
    return std::ranges::any_of(unusable.samples, beats) ||
           std::ranges::any_of(unusable.invalid_samples,
                               [&](const InvalidSample& sample) { return beats(sample.value); });
}

using Candidates = std::vector<const Measurement*>;
using MaybeCandidates = std::expected<Candidates, std::string>;

/// All measurements of the row's metric under its required conditions, valid or not.
Candidates all_candidates(const ProbeResult& probe, const MetricRow& row) {
    Candidates found;
    for (const Measurement& measurement : probe.measurements)
        if (measurement.metric == row.metric &&
            std::ranges::all_of(row.conditions,
                                [&](const auto& required) { return meets(measurement, required); }))
            found.push_back(&measurement);
    if (row.largest.empty())
        return found;
    double largest = 0;
    for (const Measurement* candidate : found)
        largest = std::max(largest, size_of(*candidate, row.largest));
    std::erase_if(found, [&](const Measurement* candidate) {
        return size_of(*candidate, row.largest) != largest;
    });
    return found;
}

/// Why this candidate gives no number to divide by; nullopt if it does.
std::optional<std::string> unusable(const MetricRow& row, const Measurement& candidate) {
    if (const Finding* finding = invalid_finding_of(candidate))
        return clause(finding->id + ": " + finding->message);
    if (candidate.unit != row.unit || candidate.better != row.better)
        return std::string(row.metric) + " is not in " + std::string(symbol(row.unit)) + " with '" +
               std::string(name_of(row.better)) + "' as the better";
    const std::optional<double> median = candidate.summary.median;
    if (!median)
        return "too_few_valid_rounds: no valid round gave a number";
    if (!std::isfinite(*median) || *median <= 0)
        return "its median " + number_text(*median) + " " + std::string(symbol(row.unit)) +
               " is not a positive number, so no ratio exists";
    if (!std::ranges::all_of(candidate.samples,
                             [](double sample) { return std::isfinite(sample) && sample > 0; }))
        return "a sample is not a positive number, so no ratio exists";
    const std::optional<double> value = value_of(candidate, row.statistic);
    if (!value)
        return "its operations are too few for " + std::string(name_of(row.statistic));
    if (!std::isfinite(*value) || *value <= 0)
        return "its " + std::string(name_of(row.statistic)) + " is not a positive number";
    return std::nullopt;
}

/// The probe's result if it was measured, else why it was not.
std::expected<const ProbeResult*, std::string> measured_probe(const Run& run,
                                                              const MetricRow& row) {
    const ProbeResult* probe = run.probe(row.probe);
    const std::string id(row.probe);
    if (probe == nullptr)
        return std::unexpected("probe " + id + " is not in the run");
    if (probe->status != ProbeStatus::measured)
        return std::unexpected(
            "probe " + id + " " +
            (probe->status == ProbeStatus::skipped ? "was skipped: " : "failed: ") +
            (probe->reason ? probe->reason->message : "no reason given"));
    return probe;
}

/// Usable candidates, the best median first.
MaybeCandidates candidates_of(const Run& run, const MetricRow& row) {
    const auto probe = measured_probe(run, row);
    if (!probe)
        return std::unexpected(probe.error());
    Candidates usable = all_candidates(**probe, row);
    if (usable.empty())
        return std::unexpected("the run has no " + wanted_text(row));
    for (const Measurement* candidate : usable)
        if (finding_of(*candidate, "self_test") != nullptr)
            return std::unexpected(
                "SELF-TEST: both ends of the path are the same host; measure both sides against "
                "another host with --peer HOST:PORT");
    struct Refused {
        const Measurement* candidate;
        std::string reason;
    };
    std::vector<Refused> refused;
    std::erase_if(usable, [&](const Measurement* candidate) {
        const auto reason = unusable(row, *candidate);
        if (reason)
            refused.push_back({candidate, *reason});
        return reason.has_value();
    });
    // Equals stay in the order of the file, where all candidates lie in one vector.
    std::ranges::sort(usable, [&](const Measurement* left, const Measurement* right) {
        if (!row.larger_first.empty()) {
            const double a = size_of(*left, row.larger_first);
            const double b = size_of(*right, row.larger_first);
            if (a != b)
                return a > b;
        }
        const double a = *left->summary.median, b = *right->summary.median;
        return a == b ? std::less<>{}(left, right) : is_better(row, a, b);
    });
    for (const Refused& each : refused)
        if (usable.empty() || may_beat(row, *each.candidate, *usable.front()->summary.median))
            return std::unexpected(each.reason);
    return usable;
}

/// Which condition differs, with both values; nullopt if the two measure the same thing.
std::optional<std::string> difference(const MetricRow& row, const Measurement& source,
                                      const Measurement& target) {
    for (const std::string_view name : row.equal)
        if (!same_value(condition_of(source, name), condition_of(target, name)))
            return "measured in different ways: " + std::string(name) + " is " +
                   text_of(condition_of(source, name)) + " on the source and " +
                   text_of(condition_of(target, name)) +
                   " on the target; run both sides with the same options";
    if (!row.size.empty() && !same_size_class(size_of(source, row.size), size_of(target, row.size)))
        return "measured in different ways: " + std::string(row.size) + " is " +
               text_of(source.condition(row.size)) + " on the source and " +
               text_of(target.condition(row.size)) +
               " on the target, over a factor of two apart; run both sides with the same --size";
    return std::nullopt;
}

}  // namespace

std::string text_of(const Value* value) {
    if (value == nullptr || value->is_null())
        return "unknown";
    if (const std::string* text = value->as_text())
        return *text;
    if (const auto whole = value->as_integer())
        return std::to_string(*whole);
    if (const auto number = value->as_number())
        return number_text(*number);
    if (const auto truth = value->as_bool())
        return *truth ? "yes" : "no";
    return "a list";
}

bool same_size_class(double source_bytes, double target_bytes) {
    const double smaller = std::min(source_bytes, target_bytes);
    const double larger = std::max(source_bytes, target_bytes);
    return smaller >= kBeyondAnyCacheBytes || larger <= 2 * smaller;
}

std::expected<MetricPair, Refusal> metric_pair(const Run& source, const Run& target,
                                               const MetricRow& row) {
    const MaybeCandidates sources = candidates_of(source, row);
    const MaybeCandidates targets = candidates_of(target, row);
    if (!sources && !targets && sources.error() == targets.error())
        return std::unexpected(Refusal{"both sides: " + sources.error()});
    if (!sources)
        return std::unexpected(Refusal{"source: " + sources.error(), targets.has_value()});
    if (!targets)
        return std::unexpected(Refusal{"target: " + targets.error(), true});
    for (const Measurement* from : *sources)
        for (const Measurement* to : *targets)
            if (!difference(row, *from, *to))
                return MetricPair{from, to};
    return std::unexpected(Refusal{*difference(row, *sources->front(), *targets->front()), true});
}

std::optional<double> value_of(const Measurement& measurement, Statistic statistic) {
    if (statistic == Statistic::median)
        return measurement.summary.median;
    if (!measurement.percentiles)
        return std::nullopt;
    for (std::size_t index = 0; index < kPercentileNames.size(); ++index)
        if (kPercentileNames[index].name == name_of(statistic))
            return measurement.percentiles->values[index];
    return std::nullopt;
}

std::string shown_conditions(const MetricRow& row, const Measurement& source,
                             const Measurement& target) {
    std::string text;
    for (const ShownCondition& shown : row.shown) {
        const Value* from = condition_of(source, shown.name);
        const Value* to = condition_of(target, shown.name);
        if ((from == nullptr || from->is_null()) && (to == nullptr || to->is_null()))
            continue;
        text += text.empty() ? "" : ", ";
        text += std::string(shown.before) + text_of(from);
        const bool is_same = same_value(from, to);
        if (!is_same)
            text += " -> " + text_of(to);
        // "1 thread", "4 threads".
        const bool is_one = is_same && text_of(from) == "1" && shown.after.ends_with('s');
        text += shown.after.substr(0, shown.after.size() - (is_one ? 1 : 0));
    }
    return text;
}

}  // namespace assay::score
