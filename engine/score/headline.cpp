#include "engine/score/headline.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <vector>

namespace assay::score {
namespace {

constexpr std::array kAllCpus{RequiredCondition{"scope", "all", 0}};
constexpr std::array kDepth32{RequiredCondition{"depth", "", 32}};

constexpr std::array<std::string_view, 6> kStorageEqual{"block_bytes", "depth",  "threads",
                                                        "mode",        "engine", "polling"};
constexpr std::array<std::string_view, 3> kNetworkEqual{"streams", "direction", "peer"};

constexpr std::array kCpuShown{ShownCondition{"isa", "", ""},
                               ShownCondition{"threads", "", " threads"}};
// "node" is what workload versions 1 and 2 called it.
constexpr std::array kMemoryShown{
    ShownCondition{"node", "node ", ""}, ShownCondition{"cpu_node", "node ", ""},
    ShownCondition{"kernel", "", ""}, ShownCondition{"threads", "", " threads"}};
constexpr std::array kStorageShown{
    ShownCondition{"block_bytes", "", " B"}, ShownCondition{"depth", "depth ", ""},
    ShownCondition{"mode", "", ""}, ShownCondition{"engine", "", ""}};
constexpr std::array kNetworkShown{ShownCondition{"streams", "", " streams"},
                                   ShownCondition{"direction", "", ""}};

constexpr std::array kHeadlines{
    Headline{"cpu",
             "cpu.flops",
             "cpu.flops.double",
             Unit::flop_per_second,
             Better::higher,
             kAllCpus,
             "",
             {},
             "",
             kCpuShown},
    Headline{"memory",
             "memory.bandwidth",
             "memory.bandwidth.read",
             Unit::bytes_per_second,
             Better::higher,
             kAllCpus,
             "",
             {},
             "",
             kMemoryShown},
    Headline{"storage", "storage.random_read", "storage.random_read.iops",
             Unit::operations_per_second, Better::higher, kDepth32, "", kStorageEqual, "size_bytes",
             kStorageShown},
    Headline{"network",
             "network.tcp",
             "network.tcp.bandwidth",
             Unit::bytes_per_second,
             Better::higher,
             {},
             "streams",
             kNetworkEqual,
             "",
             kNetworkShown},
};

constexpr double kBeyondAnyCacheBytes = 64.0 * static_cast<double>(kGiB);

std::string number_text(double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

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

bool same_value(const Value* left, const Value* right) {
    if (left == nullptr || right == nullptr)
        return left == right;
    // A file may write 4096 or 4096.0.
    if (left->as_number() && right->as_number())
        return *left->as_number() == *right->as_number();
    return *left == *right;
}

bool meets(const Measurement& measurement, const RequiredCondition& required) {
    const Value* value = measurement.condition(required.name);
    if (value == nullptr)
        return false;
    if (!required.text.empty())
        return value->as_text() != nullptr && *value->as_text() == required.text;
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

std::string wanted_text(const Headline& headline) {
    std::string text(headline.metric);
    for (const RequiredCondition& required : headline.required)
        text +=
            " with " + std::string(required.name) + " " +
            (required.text.empty() ? std::to_string(required.number) : std::string(required.text));
    return text;
}

/// The better of two numbers of this headline.
bool is_better(const Headline& headline, double left, double right) {
    return headline.better == Better::lower ? left < right : left > right;
}

/// Could an unusable candidate have been better than `best`, going by any number that it has? One
/// without numbers could.
bool may_beat(const Headline& headline, const Measurement& unusable, double best) {
    if (unusable.samples.empty() && unusable.invalid_samples.empty())
        return true;
    const auto beats = [&](double value) { return !is_better(headline, best, value); };
    return std::ranges::any_of(unusable.samples, beats) ||
           std::ranges::any_of(unusable.invalid_samples,
                               [&](const InvalidSample& sample) { return beats(sample.value); });
}

using Candidates = std::vector<const Measurement*>;
using MaybeCandidates = std::expected<Candidates, std::string>;

/// All measurements of the headline's metric under its required conditions, valid or not.
Candidates all_candidates(const ProbeResult& probe, const Headline& headline) {
    Candidates found;
    for (const Measurement& measurement : probe.measurements)
        if (measurement.metric == headline.metric &&
            std::ranges::all_of(headline.required,
                                [&](const auto& required) { return meets(measurement, required); }))
            found.push_back(&measurement);
    if (headline.largest.empty())
        return found;
    double largest = 0;
    for (const Measurement* candidate : found)
        largest = std::max(largest, size_of(*candidate, headline.largest));
    std::erase_if(found, [&](const Measurement* candidate) {
        return size_of(*candidate, headline.largest) != largest;
    });
    return found;
}

/// Why this candidate gives no number to divide by; nullopt if it does.
std::optional<std::string> unusable(const Headline& headline, const Measurement& candidate) {
    if (const Finding* finding = invalid_finding_of(candidate))
        return clause(finding->id + ": " + finding->message);
    if (candidate.unit != headline.unit || candidate.better != headline.better)
        return std::string(headline.metric) + " is not in " + std::string(symbol(headline.unit)) +
               " with '" + std::string(name_of(headline.better)) + "' as the better";
    const std::optional<double> median = candidate.summary.median;
    if (!median)
        return "too_few_valid_rounds: no valid round gave a number";
    if (!std::isfinite(*median) || *median <= 0)
        return "its median " + number_text(*median) + " " + std::string(symbol(headline.unit)) +
               " is not a positive number, so no ratio exists";
    if (!std::ranges::all_of(candidate.samples,
                             [](double sample) { return std::isfinite(sample) && sample > 0; }))
        return "a sample is not a positive number, so no ratio exists";
    return std::nullopt;
}

/// The probe's result if it was measured, else why it was not.
std::expected<const ProbeResult*, std::string> measured_probe(const Run& run,
                                                              const Headline& headline) {
    const ProbeResult* probe = run.probe(headline.probe);
    const std::string id(headline.probe);
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
MaybeCandidates candidates_of(const Run& run, const Headline& headline) {
    const auto probe = measured_probe(run, headline);
    if (!probe)
        return std::unexpected(probe.error());
    Candidates usable = all_candidates(**probe, headline);
    if (usable.empty())
        return std::unexpected("the run has no " + wanted_text(headline));
    for (const Measurement* candidate : usable)
        if (finding_of(*candidate, "self_test") != nullptr)
            return std::unexpected(
                "SELF-TEST: both ends of the path are the same host; measuring against another "
                "host (--peer HOST:PORT) is not part of this version");
    struct Refused {
        const Measurement* candidate;
        std::string reason;
    };
    std::vector<Refused> refused;
    std::erase_if(usable, [&](const Measurement* candidate) {
        const auto reason = unusable(headline, *candidate);
        if (reason)
            refused.push_back({candidate, *reason});
        return reason.has_value();
    });
    // Equals stay in the order of the file, where all candidates lie in one vector.
    std::ranges::sort(usable, [&](const Measurement* left, const Measurement* right) {
        const double a = *left->summary.median, b = *right->summary.median;
        return a == b ? std::less<>{}(left, right) : is_better(headline, a, b);
    });
    for (const Refused& row : refused)
        if (usable.empty() || may_beat(headline, *row.candidate, *usable.front()->summary.median))
            return std::unexpected(row.reason);
    return usable;
}

/// Which condition differs, with both values; nullopt if the two measure the same thing.
std::optional<std::string> difference(const Headline& headline, const Measurement& source,
                                      const Measurement& target) {
    for (const std::string_view name : headline.equal)
        if (!same_value(source.condition(name), target.condition(name)))
            return "measured in different ways: " + std::string(name) + " is " +
                   text_of(source.condition(name)) + " on the source and " +
                   text_of(target.condition(name)) +
                   " on the target; run both sides with the same options";
    if (!headline.size.empty() &&
        !same_size_class(size_of(source, headline.size), size_of(target, headline.size)))
        return "measured in different ways: " + std::string(headline.size) + " is " +
               text_of(source.condition(headline.size)) + " on the source and " +
               text_of(target.condition(headline.size)) +
               " on the target, over a factor of two apart; run both sides with the same --size";
    return std::nullopt;
}

}  // namespace

std::span<const Headline> headlines() {
    return kHeadlines;
}

bool same_size_class(double source_bytes, double target_bytes) {
    const double smaller = std::min(source_bytes, target_bytes);
    const double larger = std::max(source_bytes, target_bytes);
    return smaller >= kBeyondAnyCacheBytes || larger <= 2 * smaller;
}

std::expected<HeadlinePair, std::string> headline_pair(const Run& source, const Run& target,
                                                       const Headline& headline) {
    const MaybeCandidates sources = candidates_of(source, headline);
    const MaybeCandidates targets = candidates_of(target, headline);
    if (!sources && !targets && sources.error() == targets.error())
        return std::unexpected("both sides: " + sources.error());
    if (!sources)
        return std::unexpected("source: " + sources.error());
    if (!targets)
        return std::unexpected("target: " + targets.error());
    for (const Measurement* from : *sources)
        for (const Measurement* to : *targets)
            if (!difference(headline, *from, *to))
                return HeadlinePair{from, to};
    return std::unexpected(*difference(headline, *sources->front(), *targets->front()));
}

std::string shown_conditions(const Headline& headline, const Measurement& source,
                             const Measurement& target) {
    std::string text;
    for (const ShownCondition& shown : headline.shown) {
        const Value* from = source.condition(shown.name);
        const Value* to = target.condition(shown.name);
        if ((from == nullptr || from->is_null()) && (to == nullptr || to->is_null()))
            continue;
        text += text.empty() ? "" : ", ";
        text += std::string(shown.before) + text_of(from);
        if (!same_value(from, to))
            text += " -> " + text_of(to);
        text += shown.after;
    }
    return text;
}

}  // namespace assay::score
