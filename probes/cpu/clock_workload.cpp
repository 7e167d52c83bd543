#include "probes/cpu/clock_workload.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/cpu/clock_samples.h"
#include "probes/cpu/clock_work.h"
#include "probes/cpu/metrics.h"
#include "probes/cpu/scalar_clock.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

const Metric& metric_of(const ClockCase& row) {
    return kClockMetrics[row.isa ? 1 : 0];
}

Case case_of(const ClockCase& row) {
    const std::string kind = row.isa ? std::string(host::name_of(*row.isa)) : "scalar";
    std::vector<Condition> conditions{{"threads", static_cast<std::uint64_t>(row.threads)},
                                      {"scope", row.scope},
                                      {"kernel", row.isa ? "blend" : "chain"}};
    if (row.isa)
        conditions.insert(conditions.begin(), {"isa", host::name_of(*row.isa)});
    return {.name = kind + ", " + threads_text(row.threads),
            .conditions = std::move(conditions),
            .round_share = kClockRoundShare};
}

/// The multiply-add kernel of the blend's width.
std::optional<FmaKernel> peak_kernel(host::Isa isa) {
    for (const FmaKernel& kernel : fma_kernels())
        if (kernel.isa == isa && kernel.operation == "fma" &&
            kernel.precision == Precision::double_precision)
            return kernel;
    return std::nullopt;
}

/// What all threads of a round say together.
struct Reading {
    std::optional<double> clock_hz;    ///< mean over the threads
    std::optional<double> agreement;   ///< of the second witness with the first, all threads
    std::optional<double> by_counter;  ///< of the thread furthest from 1
};

Reading reading_of(const std::vector<ClockEvidence>& evidence, std::size_t threads) {
    Reading reading;
    double sum_hz = 0;
    std::vector<ChainPair> all;
    for (std::size_t worker = 0; worker < threads; ++worker) {
        std::vector<double> runs_hz;
        for (const ChainPair& pair : evidence[worker].pairs)
            runs_hz.push_back(pair.first_hz);
        const std::optional<double> clock_hz = clock_of(std::move(runs_hz));
        if (!clock_hz)
            return {};
        sum_hz += *clock_hz;
        all.insert(all.end(), evidence[worker].pairs.begin(), evidence[worker].pairs.end());
        const auto counted = evidence[worker].counter_ratio();
        if (counted &&
            (!reading.by_counter || std::abs(*counted - 1) > std::abs(*reading.by_counter - 1)))
            reading.by_counter = counted;
    }
    reading.clock_hz = sum_hz / static_cast<double>(threads);
    reading.agreement = agreement(all);
    return reading;
}

class ClockWorkload final : public Workload {
  public:
    ClockWorkload(const host::Host& host, std::vector<ClockCase> rows,
                  std::map<host::Isa, VectorClockKernels> kernels,
                  std::unique_ptr<host::WorkerTeam> team)
        : host_(host),
          rows_(std::move(rows)),
          kernels_(std::move(kernels)),
          evidence_(team->size()),
          team_(std::move(team)) {
        for (const ClockCase& row : rows_)
            cases_.push_back(case_of(row));
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        const auto quota = host::quota_finding(host_);
        return quota ? std::vector{*quota} : std::vector<Finding>{};
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const ClockCase& row = rows_.at(case_index);
        const host::WindowRequest window =
            host::cpu_bound_window(host_.cgroup, {.workers = row.threads,
                                                  .lead_in = {},
                                                  .duration = request.duration,
                                                  .deadline = request.deadline,
                                                  .stop = request.stop});
        ASSAY_TRY(const host::TeamReport report, run(row, window));
        for (std::size_t worker = 0; worker < row.threads; ++worker)
            wrong_blocks_ += evidence_[worker].wrong_blocks;
        const Reading reading = reading_of(evidence_, row.threads);
        RoundResult result;
        if (reading.clock_hz)
            result.values.push_back({&metric_of(row), *reading.clock_hz});
        add_findings(row, reading, result.findings);
        result.cpu_use = use_of(report);
        return result;
    }

    Expected<void> verify() override {
        if (wrong_blocks_ == 0)
            return {};
        return failure(ErrorKind::internal,
                       "verify cpu.clock: " + std::to_string(wrong_blocks_) +
                           " blocks left another result than the known one. Either work was "
                           "skipped or this processor computes wrongly: trust neither until a "
                           "second run and a memory and CPU test say more");
    }

  private:
    Expected<host::TeamReport> run(const ClockCase& row, const host::WindowRequest& window) {
        for (ClockEvidence& evidence : evidence_)
            evidence.wrong_blocks = 0;
        if (row.isa) {
            VectorClockWork work(host_.clock, kernels_.at(*row.isa), evidence_);
            return team_->run(work, window);
        }
        ScalarClockWork work(host_.clock, evidence_);
        return team_->run(work, window);
    }

    static void add_findings(const ClockCase& row, const Reading& reading,
                             std::vector<Finding>& findings) {
        std::optional<Finding> doubt;
        if (row.isa) {
            doubt = units_too_busy(reading.agreement ? std::optional(1 / *reading.agreement)
                                                     : std::nullopt);
        } else {
            const double clock_hz = reading.clock_hz.value_or(0);
            const auto chains = register_chains();
            doubt = disagreement(chains[0].name, chains[1].name, reading.agreement, clock_hz);
            if (!doubt)
                doubt = disagreement(chains[0].name, "processor's own counters", reading.by_counter,
                                     clock_hz);
        }
        if (doubt)
            findings.push_back(*std::move(doubt));
    }

    const host::Host& host_;
    std::vector<ClockCase> rows_;
    std::map<host::Isa, VectorClockKernels> kernels_;
    std::vector<Case> cases_;
    std::vector<ClockEvidence> evidence_;  ///< [worker], of the round that runs
    std::uint64_t wrong_blocks_ = 0;
    std::unique_ptr<host::WorkerTeam> team_;
};

}  // namespace

Expected<std::unique_ptr<Workload>> make_clock_workload(const RunContext& context,
                                                        std::vector<ClockCase> cases) {
    if (register_chains().empty() || cases.empty())
        return failure(ErrorKind::unsupported,
                       "cpu.clock has chains for x86-64 and aarch64 only, and this is another "
                       "processor; leave the probe out");
    std::size_t threads = 1;
    for (const ClockCase& row : cases)
        threads = std::max(threads, row.threads);
    ASSAY_TRY(const std::vector<int> cpus, first_cpus("cpu.clock", context.host, threads));
    ASSAY_TRY(auto team, host::WorkerTeam::start(context.host.clock, cpus));
    std::map<host::Isa, VectorClockKernels> kernels;
    for (const ClockCase& row : cases) {
        if (!row.isa || kernels.contains(*row.isa))
            continue;
        const std::vector<BlendKernel> blends = blend_kernels(*row.isa);
        const std::optional<FmaKernel> peak = peak_kernel(*row.isa);
        if (blends.empty() || !peak)
            return failure(ErrorKind::unsupported, "cpu.clock has no vector kernel for " +
                                                       std::string(host::name_of(*row.isa)));
        BlendKernel chosen = blends.back();
        ASSAY_TRY_VOID(team->on_each([&](std::size_t worker) -> Expected<void> {
            if (worker == 0)
                chosen = chosen_blend(blends, *peak, context.host.clock);
            return {};
        }));
        kernels.emplace(*row.isa, vector_clock_kernels(chosen, *peak));
    }
    return std::make_unique<ClockWorkload>(context.host, std::move(cases), std::move(kernels),
                                           std::move(team));
}

}  // namespace assay::cpu
