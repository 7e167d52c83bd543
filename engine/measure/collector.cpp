#include "engine/measure/collector.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <utility>

#include "engine/measure/statistics.h"

namespace assay::measure {
namespace {

constexpr double kNoisyRatio = 0.10;  // MAD over median; the list of findings says the same

std::vector<std::string> reasons_to_refuse(const RoundResult& result,
                                           const std::vector<Finding>& gate_findings) {
    std::vector<std::string> reasons;
    for (const auto* findings : {&gate_findings, &result.findings})
        for (const Finding& finding : *findings)
            if (finding.severity == Severity::invalid)
                reasons.push_back(finding.id);
    for (const RoundValue& row : result.values)
        if (!std::isfinite(row.value))
            reasons.emplace_back("impossible");
    std::ranges::sort(reasons);
    reasons.erase(std::unique(reasons.begin(), reasons.end()), reasons.end());
    return reasons;
}

void keep_slowest(const std::vector<SlowOperationRecord>& of_round, std::size_t round,
                  std::vector<SlowOperationRecord>& kept) {
    for (SlowOperationRecord slow : of_round) {
        slow.round = round;
        kept.push_back(std::move(slow));
    }
    std::vector<std::size_t> order(kept.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Of equal ones the earlier comes first. No stable_sort: the standard library's asks for memory
    // by a function that C++17 deprecated, and clang says so.
    std::ranges::sort(order, [&](std::size_t left, std::size_t right) {
        return kept[left].latency != kept[right].latency ? kept[left].latency > kept[right].latency
                                                         : left < right;
    });
    order.resize(std::min(order.size(), kSlowestKept));
    std::vector<SlowOperationRecord> slowest;
    for (const std::size_t at : order)
        slowest.push_back(std::move(kept[at]));
    kept = std::move(slowest);
}

void add_noise_finding(Measurement& measurement) {
    const Summary& summary = measurement.summary;
    // A count of rare events has no relative spread that means anything.
    if (measurement.unit == Unit::count)
        return;
    if (summary.n < 3 || !summary.median || !summary.mad || *summary.median == 0)
        return;
    const double spread = *summary.mad / std::abs(*summary.median);
    if (spread <= kNoisyRatio)
        return;
    char text[96];
    std::snprintf(text, sizeof text,
                  "The median absolute deviation of %zu rounds is %.0f %% of their median.",
                  summary.n, spread * 100);
    measurement.findings.push_back(make_finding("noisy", text));
}

}  // namespace

std::vector<std::string> Collector::add(const RoundResult& result,
                                        const std::vector<Finding>& gate_findings) {
    const std::vector<std::string> reasons = reasons_to_refuse(result, gate_findings);
    ++all_rounds_;
    if (reasons.empty())
        ++valid_rounds_;
    for (const auto* findings : {&gate_findings, &result.findings})
        for (const Finding& finding : *findings)
            note(finding);
    for (const RoundValue& row : result.values) {
        if (!std::isfinite(row.value))
            continue;
        take(row.metric, row.value, reasons);
        if (reasons.empty() && !row.series.empty())
            series_[row.metric].rounds.push_back({row.series_interval_s, row.series});
    }
    for (const RoundLatency& row : result.latencies) {
        const std::optional<double> median_ticks = row.ticks.quantile(0.5);
        if (!median_ticks)
            continue;
        take(row.metric, *median_ticks * row.ns_per_tick, reasons);
        if (!reasons.empty())
            continue;
        Series& series = series_[row.metric];
        if (!series.ticks)
            series.ticks.emplace();
        series.ticks->merge(row.ticks);
        series.ns_per_tick = row.ns_per_tick;
        keep_slowest(row.slowest, series.samples.size() - 1, series.slowest);
        if (!row.series.empty())
            series.rounds.push_back({row.series_interval_s, row.series});
    }
    return reasons;
}

void Collector::take(const Metric* metric, double value, const std::vector<std::string>& reasons) {
    if (!series_.contains(metric))
        order_.push_back(metric);
    Series& series = series_[metric];
    if (reasons.empty())
        series.samples.push_back(value);
    else
        series.invalid.push_back({value, reasons});
}

void Collector::note(const Finding& finding) {
    for (Noted& noted : noted_)
        if (noted.finding.id == finding.id) {
            noted.finding.message = finding.message;
            ++noted.rounds;
            return;
        }
    noted_.push_back({finding, 1});
}

const std::vector<double>* Collector::first_samples() const {
    return order_.empty() ? nullptr : &series_.at(order_.front()).samples;
}

// What refused some rounds does not refuse the number that the other rounds gave: it is told as a
// warning, with the count.
std::vector<Finding> Collector::round_findings() const {
    std::vector<Finding> findings;
    for (const Noted& noted : noted_) {
        Finding finding = noted.finding;
        if (finding.severity == Severity::invalid)
            finding.severity = Severity::warning;
        if (noted.rounds < all_rounds_)
            finding.message += " (" + std::to_string(noted.rounds) + " of " +
                               std::to_string(all_rounds_) + " rounds; the last one is quoted)";
        findings.push_back(std::move(finding));
    }
    return findings;
}

std::vector<Measurement> Collector::measurements(const std::vector<Finding>& workload_findings,
                                                 std::size_t min_valid_rounds) const {
    std::vector<Measurement> all;
    for (const Metric* metric : order_) {
        const Series& series = series_.at(metric);
        Measurement measurement{.metric = std::string(metric->id),
                                .unit = metric->unit,
                                .better = metric->better,
                                .conditions = case_.conditions,
                                .samples = series.samples,
                                .invalid_samples = series.invalid,
                                .summary = summarize(series.samples),
                                .percentiles = std::nullopt,
                                .slowest = series.slowest,
                                .series = series.rounds,
                                .findings = workload_findings};
        if (series.ticks)
            measurement.percentiles = percentiles_of(*series.ticks, series.ns_per_tick);
        for (const Finding& finding : round_findings())
            if (std::ranges::none_of(workload_findings,
                                     [&](const Finding& own) { return own.id == finding.id; }))
                measurement.findings.push_back(finding);
        add_noise_finding(measurement);
        if (series.samples.size() < min_valid_rounds)
            measurement.findings.push_back(make_finding(
                "too_few_valid_rounds", std::to_string(series.samples.size()) + " of " +
                                            std::to_string(all_rounds_) + " rounds were valid; " +
                                            std::to_string(min_valid_rounds) + " are needed."));
        all.push_back(std::move(measurement));
    }
    return all;
}

}  // namespace assay::measure
