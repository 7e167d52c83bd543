#include "probes/cpu/flops_workload.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "probes/cpu/metrics.h"
#include "probes/cpu/scalar_clock.h"

namespace assay::cpu {
namespace {

/// What one worker leaves of one case, away from its neighbours' cache lines.
struct alignas(128) Evidence {
    FoldedBits answer;  ///< of its first block
    std::uint64_t blocks = 0;
    std::uint64_t other_answers = 0;  ///< blocks that left other bits than the first one
    double clock_hz = 0;              ///< the highest that was seen in this round
};

/// The blocks of one case, in the form that a team runs.
class FlopsWork final : public host::TeamWork {
  public:
    FlopsWork(const host::Clock& clock, const FmaKernel& kernel, std::vector<Evidence>& evidence)
        : clock_(clock),
          ns_per_tick_(clock.ns_per_tick()),
          kernel_(kernel),
          start_(start_values(kernel)),
          evidence_(evidence) {
        for (Evidence& row : evidence_)
            row.clock_hz = 0;
    }

    void enter(std::size_t worker) override { sample_clock_often(worker); }
    void leave(std::size_t worker) override { sample_clock_often(worker); }

    std::uint64_t block(std::size_t worker) override {
        FoldedBits folded;
        kernel_.run(start_, kernel_.iterations_per_block, folded);
        Evidence& evidence = evidence_[worker];
        if (evidence.blocks == 0)
            evidence.answer = folded;
        else if (evidence.answer != folded)
            ++evidence.other_answers;
        if (++evidence.blocks % kBlocksPerClockSample == 0)
            sample_clock(worker);
        return kernel_.iterations_per_block;
    }

  private:
    // The clock of a shared host steps by a quarter within milliseconds, so samples at the edges
    // alone would call an honest round impossible. One of 5 us in some 8 ms costs 0.06 %.
    static constexpr std::uint64_t kBlocksPerClockSample = 128;
    static constexpr int kSamplesAtEdges = 8;

    void sample_clock_often(std::size_t worker) {
        for (int sample = 0; sample < kSamplesAtEdges; ++sample)
            sample_clock(worker);
    }
    void sample_clock(std::size_t worker) {
        Evidence& evidence = evidence_[worker];
        evidence.clock_hz =
            std::max(evidence.clock_hz, scalar_clock_hz(clock_, ns_per_tick_).value_or(0));
    }

    const host::Clock& clock_;
    const double ns_per_tick_;
    const FmaKernel& kernel_;
    const ChainValues start_;
    std::vector<Evidence>& evidence_;
};

/// No known core finishes more than two multiply-adds a cycle on its widest vectors, or four
/// separate operations. 3 % are left for the clock's rise between the samples and the window.
std::optional<Finding> impossible_rate(const FmaKernel& kernel, const host::TeamReport& report,
                                       const std::vector<Evidence>& evidence) {
    constexpr double kOperationsPerLaneAndCycle = 4;
    constexpr double kTolerance = 1.03;
    const double ceiling = kOperationsPerLaneAndCycle * static_cast<double>(kernel.lanes);
    for (std::size_t worker = 0; worker < report.workers.size(); ++worker) {
        if (evidence[worker].clock_hz <= 0)
            continue;
        const double flops_per_s = report.workers[worker].units *
                                   static_cast<double>(kernel.flops_per_iteration()) /
                                   to_seconds(report.window_ns);
        const double per_cycle = flops_per_s / evidence[worker].clock_hz;
        if (per_cycle <= ceiling * kTolerance)
            continue;
        char text[160];
        std::snprintf(text, sizeof text,
                      "A thread did %.1f FLOP a cycle at a measured clock of %.3f GHz; two "
                      "multiply-add units can do %.0f.",
                      per_cycle,
                      evidence[worker].clock_hz / static_cast<double>(kNanosecondsPerSecond),
                      ceiling);
        return make_finding("impossible", text);
    }
    return std::nullopt;
}

std::string case_name(const FlopsCase& row) {
    return std::string(name_of(row.kernel.precision)) + " " +
           std::string(host::name_of(row.kernel.isa)) + ", " + std::to_string(row.threads) +
           (row.threads == 1 ? " thread" : " threads");
}

class FlopsWorkload final : public Workload {
  public:
    FlopsWorkload(const host::Host& host, std::vector<FlopsCase> rows,
                  std::unique_ptr<host::WorkerTeam> team)
        : host_(host), rows_(std::move(rows)), team_(std::move(team)) {
        for (const FlopsCase& row : rows_) {
            cases_.push_back({case_name(row),
                              {{"isa", host::name_of(row.kernel.isa)},
                               {"precision", name_of(row.kernel.precision)},
                               {"threads", static_cast<std::uint64_t>(row.threads)},
                               {"scope", row.scope},
                               {"kernel", row.kernel.operation}}});
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
        std::vector<Evidence>& evidence = evidence_[case_index];
        FlopsWork work(host_.clock, row.kernel, evidence);
        ASSAY_TRY(
            const host::TeamReport report,
            team_->run(work, host::cpu_bound_window(host_.cgroup, {.workers = row.threads,
                                                                   .lead_in = {},
                                                                   .duration = request.duration,
                                                                   .deadline = request.deadline,
                                                                   .stop = request.stop})));
        const double flops = report.units() * static_cast<double>(row.kernel.flops_per_iteration());
        const bool is_double = row.kernel.precision == Precision::double_precision;
        RoundResult result;
        result.values.push_back(
            {&kFlopsMetrics[is_double ? 0 : 1], flops / to_seconds(report.window_ns)});
        if (const auto impossible = impossible_rate(row.kernel, report, evidence))
            result.findings.push_back(*impossible);
        result.cpu_use = CpuUse{
            .wall_ns = report.wall_ns(), .cpu_ns = report.cpu_ns(), .gap_ns = report.gap_ns()};
        return result;
    }

    Expected<void> verify() override {
        FoldedBits expected;
        for (std::size_t index = 0; index < rows_.size(); ++index) {
            const FmaKernel& kernel = rows_[index].kernel;
            // Cases of one kernel follow each other; its answer takes scalar code some time.
            if (index == 0 || kernel != rows_[index - 1].kernel)
                expected = known_answer(kernel, kernel.iterations_per_block);
            for (const Evidence& evidence : evidence_[index])
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
    const host::Host& host_;
    std::vector<FlopsCase> rows_;
    std::vector<Case> cases_;
    std::vector<std::vector<Evidence>> evidence_;  ///< [case][worker]
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
    std::vector<int> cpus = context.host.topology.pinning_order();
    if (threads > cpus.size())
        return failure(ErrorKind::usage, "cpu.flops: " + std::to_string(threads) + " threads on " +
                                             std::to_string(cpus.size()) +
                                             " allowed CPUs; use fewer --threads");
    cpus.resize(threads);
    ASSAY_TRY(auto team, host::WorkerTeam::start(context.host.clock, cpus));
    return std::make_unique<FlopsWorkload>(context.host, std::move(cases), std::move(team));
}

}  // namespace assay::cpu
