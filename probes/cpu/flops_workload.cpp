#include "probes/cpu/flops_workload.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/cpu/clocked_work.h"
#include "probes/cpu/flops_work.h"
#include "probes/cpu/metrics.h"
#include "probes/cpu/peak_rate.h"
#include "probes/cpu/settings.h"
#include "probes/cpu/soak.h"
#include "probes/cpu/soak_watch.h"

namespace assay::cpu {
namespace {

constexpr std::chrono::nanoseconds kSoakPart{kNanosecondsPerSecond};
constexpr int kFewestSoakParts = 3;
constexpr int kTimesOfPeak = 3;  // that it is looked for before the first round

Case case_of(const FlopsCase& row) {
    const bool soak = row.task == FlopsTask::soak;
    std::string kind(row.kernel.operation == "fma_add" ? " fma+add" : "");
    return {.name = (soak ? "soak, " : "") + std::string(name_of(row.kernel.precision)) + " " +
                    std::string(host::name_of(row.kernel.isa)) + kind + ", " +
                    threads_text(row.threads),
            .conditions = {{"isa", host::name_of(row.kernel.isa)},
                           {"precision", name_of(row.kernel.precision)},
                           {"threads", static_cast<std::uint64_t>(row.threads)},
                           {"scope", row.scope},
                           {"kernel", row.kernel.operation}},
            .round_share = row.round_share,
            .lasting = soak ? std::optional(kSoak) : std::nullopt};
}

const Metric& metric_of(const FmaKernel& kernel) {
    const bool with_adds = kernel.operation == "fma_add";
    if (kernel.precision == Precision::double_precision)
        return kFlopsMetrics[with_adds ? kDoubleFmaAddFlops : kDoubleFlops];
    return kFlopsMetrics[with_adds ? kSingleFmaAddFlops : kSingleFlops];
}

double iterations_per_s(const host::TeamReport& report, std::size_t worker) {
    return report.workers[worker].units / to_seconds(report.window_ns);
}

/// Sum of the threads' clocks; nullopt where one is not known.
std::optional<double> sum_of_clocks(const std::vector<FlopsEvidence>& evidence) {
    double sum = 0;
    for (const FlopsEvidence& row : evidence) {
        const auto clock_hz = row.clock_hz();
        if (!clock_hz)
            return std::nullopt;
        sum += *clock_hz;
    }
    return sum;
}

/// Of the threads; nullopt where one has none.
std::optional<double> mean_passes_per_cycle(const std::vector<FlopsEvidence>& evidence) {
    double sum = 0;
    for (const FlopsEvidence& row : evidence) {
        const auto passes = row.passes_per_cycle();
        if (!passes)
            return std::nullopt;
        sum += *passes;
    }
    return sum / static_cast<double>(evidence.size());
}

std::optional<Finding> impossible_round(const FmaKernel& kernel, const host::TeamReport& report,
                                        const std::vector<FlopsEvidence>& evidence) {
    for (std::size_t worker = 0; worker < report.workers.size(); ++worker) {
        if (evidence[worker].highest_clock_hz <= 0)
            continue;
        if (auto found = impossible_rate(kernel, iterations_per_s(report, worker),
                                         evidence[worker].highest_clock_hz))
            return found;
    }
    return std::nullopt;
}

SoakPart part_of(const FlopsCase& row, const host::TeamReport& report,
                 const std::vector<FlopsEvidence>& evidence) {
    return {.rate = report.units() * static_cast<double>(row.kernel.flops_per_iteration()) /
                    to_seconds(report.window_ns),
            .clock_hz = sum_of_clocks(evidence).value_or(0) / static_cast<double>(row.threads),
            .cpu_share = static_cast<double>(report.cpu_ns()) /
                         static_cast<double>(std::max<std::int64_t>(1, report.wall_ns()))};
}

void add_soak_values(std::span<const SoakPart> parts, double part_s, RoundResult& result) {
    std::vector<SeriesPoint> series;
    for (const SoakPart& part : parts)
        series.push_back({.per_second = part.rate, .p50 = {}, .p99 = {}, .max = {}});
    result.values.push_back({&kFlopsMetrics[kBurstFlops], *burst_rate(parts)});
    result.values.push_back(
        {&kFlopsMetrics[kSustainedFlops], *sustained_rate(parts), std::move(series), part_s});
    if (auto fell = judge_soak(parts, part_s))
        result.findings.push_back(*std::move(fell));
}

class FlopsWorkload final : public Workload {
  public:
    FlopsWorkload(const host::Host& host, std::vector<FlopsCase> rows,
                  std::map<FmaFunction, PeakRate> peaks, std::unique_ptr<host::WorkerTeam> team)
        : host_(host), rows_(std::move(rows)), peaks_(std::move(peaks)), team_(std::move(team)) {
        for (const FlopsCase& row : rows_) {
            cases_.push_back(case_of(row));
            evidence_.emplace_back(row.threads);
        }
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        const auto quota = host::quota_finding(host_);
        return quota ? std::vector{*quota} : std::vector<Finding>{};
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const FlopsCase& row = rows_.at(case_index);
        return row.task == FlopsTask::soak ? soak(row, evidence_[case_index], request)
                                           : rate(row, evidence_[case_index], request);
    }

    Expected<void> verify() override {
        FoldedBits expected;
        for (std::size_t index = 0; index < rows_.size(); ++index) {
            const FmaKernel& kernel = rows_[index].kernel;
            // Cases of one kernel follow each other; its answer takes scalar code some time.
            if (index == 0 || kernel != rows_[index - 1].kernel)
                expected = known_answer(kernel, kernel.iterations_per_block);
            for (const FlopsEvidence& evidence : evidence_[index])
                if (evidence.blocks > 0 &&
                    (evidence.answer != expected || evidence.other_answers > 0))
                    return failure(ErrorKind::internal,
                                   "verify cpu.flops, " + cases_[index].name +
                                       ": a block of multiply-adds left another result than the "
                                       "same sums by scalar code. Either work was skipped or this "
                                       "processor computes wrongly: trust neither until a second "
                                       "run and a memory and CPU test say more");
        }
        return {};
    }

  private:
    Expected<host::TeamReport> run(const FlopsCase& row, std::vector<FlopsEvidence>& evidence,
                                   const host::WindowRequest& window) {
        FlopsWork work(host_.clock, row.kernel, evidence);
        return team_->run(work, window);
    }

    Expected<RoundResult> rate(const FlopsCase& row, std::vector<FlopsEvidence>& evidence,
                               const RoundRequest& request) {
        ASSAY_TRY(const host::TeamReport report,
                  run(row, evidence,
                      host::cpu_bound_window(host_.cgroup, {.workers = row.threads,
                                                            .lead_in = {},
                                                            .duration = request.duration,
                                                            .deadline = request.deadline,
                                                            .stop = request.stop})));
        RoundResult result;
        const double passes_per_s = report.units() / to_seconds(report.window_ns);
        result.values.push_back(
            {&metric_of(row.kernel),
             passes_per_s * static_cast<double>(row.kernel.flops_per_iteration())});
        if (auto impossible = impossible_round(row.kernel, report, evidence))
            result.findings.push_back(*std::move(impossible));
        else
            add_share_of_peak(row, evidence, result);
        result.cpu_use = use_of(report);
        return result;
    }

    /// Of kernels of one kind of operation: only they have a peak that can be inferred.
    void add_share_of_peak(const FlopsCase& row, const std::vector<FlopsEvidence>& evidence,
                           RoundResult& result) {
        const std::optional<double> passes = mean_passes_per_cycle(evidence);
        if (!passes || row.kernel.operation != "fma")
            return;
        const double per_cycle = operations_per_cycle(row.kernel, *passes, 1);
        PeakRate& peak = peaks_[row.kernel.run];
        peak.saw(per_cycle);
        if (const auto most = peak.per_cycle()) {
            result.values.push_back({&kFlopsMetrics[kPeakRatio], per_cycle / *most});
            return;
        }
        char text[120];
        std::snprintf(text, sizeof text, "A thread did %.2f vector operations a cycle.", per_cycle);
        result.findings.push_back(make_finding("peak_unknown", text));
    }

    /// One window after another, so that each second has its own rate, clock, CPU time and counts.
    Expected<RoundResult> soak(const FlopsCase& row, std::vector<FlopsEvidence>& evidence,
                               const RoundRequest& request) {
        const auto count = std::max<std::int64_t>(kFewestSoakParts, request.duration / kSoakPart);
        const auto length = std::min(kSoakPart, request.duration / count);
        ASSAY_TRY(std::vector<int> cpus, first_cpus("cpu.flops", host_, row.threads));
        SoakWatch watch(host_.files, std::move(cpus));
        std::vector<SoakPart> parts;
        RoundResult result;
        for (std::int64_t part = 0; part < count; ++part) {
            ASSAY_TRY(const host::TeamReport report, run(row, evidence,
                                                         {.workers = row.threads,
                                                          .lead_in = {},
                                                          .duration = length,
                                                          .deadline = request.deadline,
                                                          .stop = request.stop}));
            if (auto impossible = impossible_round(row.kernel, report, evidence))
                result.findings = {*std::move(impossible)};
            add_use(report, result.cpu_use);
            parts.push_back(part_of(row, report, evidence));
            watch.add_to(parts.back(), to_seconds(report.window_ns));
        }
        add_soak_values(parts, std::chrono::duration<double>(length).count(), result);
        return result;
    }

    const host::Host& host_;
    std::vector<FlopsCase> rows_;
    std::vector<Case> cases_;
    std::vector<std::vector<FlopsEvidence>> evidence_;  ///< [case][worker]
    std::map<FmaFunction, PeakRate> peaks_;
    std::unique_ptr<host::WorkerTeam> team_;
};

}  // namespace

Expected<std::unique_ptr<Workload>> make_flops_workload(const RunContext& context,
                                                        std::vector<FlopsCase> cases) {
    if (cases.empty())
        return failure(ErrorKind::unsupported,
                       "cpu.flops: no kernel of this build runs on this processor");
    std::size_t threads = 1;
    for (const FlopsCase& row : cases)
        threads = std::max(threads, row.threads);
    ASSAY_TRY(const std::vector<int> cpus, first_cpus("cpu.flops", context.host, threads));
    ASSAY_TRY(auto team, host::WorkerTeam::start(context.host.clock, cpus));
    std::map<FmaFunction, PeakRate> peaks;
    ASSAY_TRY_VOID(team->on_each([&](std::size_t worker) -> Expected<void> {
        if (worker != 0)
            return {};
        for (const FlopsCase& row : cases) {
            const auto [peak, is_new] = peaks.try_emplace(row.kernel.run);
            if (!is_new)
                continue;
            for (int time = 0; time < kTimesOfPeak; ++time)
                if (const auto seen = measured_operations_per_cycle(row.kernel, context.host.clock))
                    peak->second.saw(*seen);
        }
        return {};
    }));
    return std::make_unique<FlopsWorkload>(context.host, std::move(cases), std::move(peaks),
                                           std::move(team));
}

}  // namespace assay::cpu
