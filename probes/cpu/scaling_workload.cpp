#include "probes/cpu/scaling_workload.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/cpu/contention.h"
#include "probes/cpu/flops_work.h"
#include "probes/cpu/metrics.h"
#include "probes/cpu/pair_work.h"
#include "probes/cpu/settings.h"
#include "probes/cpu/shared_core.h"

namespace assay::cpu {
namespace {

constexpr std::size_t kLongestUsualPoint = 16;
constexpr std::chrono::nanoseconds kShortestPairWindow{2 * kNanosecondsPerMillisecond};
constexpr std::chrono::nanoseconds kLongestPairWindow{20 * kNanosecondsPerMillisecond};
constexpr double kLeastCpuShare = 0.98;  // of a round that may teach the model something

/// What a window of some threads came to.
struct WindowRate {
    double per_s = 0;
    double clocks_hz = 0;  ///< sum over the threads
};

WindowRate rate_of(const host::TeamReport& report, const std::vector<FlopsEvidence>& evidence) {
    WindowRate rate{.per_s = report.units() / to_seconds(report.window_ns)};
    for (const FlopsEvidence& row : evidence)
        rate.clocks_hz += row.clock_hz().value_or(0);
    return rate;
}

bool was_away(const host::WorkerReport& worker) {
    constexpr double kLeastShare = 0.9;
    return static_cast<double>(worker.cpu_ns) < kLeastShare * static_cast<double>(worker.wall_ns);
}

double median_of(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

std::string point_scope(std::size_t threads, std::size_t cores, std::size_t allowed) {
    return threads == cores && cores < allowed ? "cores" : scope_of(threads, allowed);
}

class ScalingWorkload final : public Workload {
  public:
    ScalingWorkload(const host::Host& host, ScalingSettings settings,
                    std::unique_ptr<host::WorkerTeam> team)
        : host_(host),
          settings_(std::move(settings)),
          known_answer_(known_answer(settings_.kernel, settings_.kernel.iterations_per_block)),
          team_(std::move(team)) {
        const auto isa = host::name_of(settings_.kernel.isa);
        const std::size_t allowed = host.topology.allowed_cpus().size();
        const std::size_t cores = allowed_cores(host.topology);
        for (const std::size_t threads : settings_.points)
            cases_.push_back({threads_text(threads),
                              {{"isa", isa},
                               {"threads", static_cast<std::uint64_t>(threads)},
                               {"scope", point_scope(threads, cores, allowed)}},
                              kPointRoundShare});
        if (settings_.compares_pairs)
            cases_.push_back({"pairs of CPUs",
                              {{"isa", isa}, {"threads", std::uint64_t{2}}, {"scope", "pairs"}},
                              kPairsRoundShare});
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> findings;
        if (auto quota = host::quota_finding(host_))
            findings.push_back(*std::move(quota));
        add_absent_points(findings);
        std::vector<CpuPair> pairs;
        const int first = host_.topology.pinning_order().front();
        for (const auto& [other, ratios] : pair_ratios_)
            pairs.push_back({first, other, share_a_core(first, other), median_of(ratios)});
        if (auto shared = shared_core_finding(pairs))
            findings.push_back(*std::move(shared));
        add_contention(findings);
        return findings;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        return case_index < settings_.points.size() ? point(settings_.points[case_index], request)
                                                    : pairs(request);
    }

    Expected<void> verify() override {
        if (wrong_answers_ == 0)
            return {};
        return failure(ErrorKind::internal,
                       "verify cpu.scaling: " + std::to_string(wrong_answers_) +
                           " times a block of multiply-adds left another result than the same sums "
                           "by scalar code. Either work was skipped or this processor computes "
                           "wrongly: trust neither until a second run and a memory and CPU test "
                           "say more");
    }

  private:
    /// One thread, then n, then one again: what drifts between them hits both sides alike.
    Expected<RoundResult> point(std::size_t threads, const RoundRequest& request) {
        RoundResult result;
        result.cpu_use = CpuUse{};
        std::vector<FlopsEvidence> one_evidence(1), all_evidence(threads);
        ASSAY_TRY(const WindowRate before, window(1, request, 4, one_evidence, *result.cpu_use));
        ASSAY_TRY(const WindowRate all, window(threads, request, 2, all_evidence, *result.cpu_use));
        ASSAY_TRY(const WindowRate after, window(1, request, 4, one_evidence, *result.cpu_use));
        const double one_per_s = (before.per_s + after.per_s) / 2;
        if (one_per_s <= 0)
            return result;  // the thread had no CPU at all: the gates say so
        const double one_clock_hz = (before.clocks_hz + after.clocks_hz) / 2;
        const double efficiency = all.per_s / (static_cast<double>(threads) * one_per_s);
        result.values.push_back({&kScalingMetrics[kEfficiency], efficiency});
        if (one_clock_hz > 0 && all.clocks_hz > 0)
            result.values.push_back({&kScalingMetrics[kEfficiencyPerClock],
                                     all.per_s / all.clocks_hz / (one_per_s / one_clock_hz)});
        const CpuUse& use = *result.cpu_use;
        if (static_cast<double>(use.cpu_ns) >= kLeastCpuShare * static_cast<double>(use.wall_ns))
            efficiencies_[threads].push_back(efficiency);
        return result;
    }

    /// One part in `part` of the round.
    Expected<WindowRate> window(std::size_t threads, const RoundRequest& request, int part,
                                std::vector<FlopsEvidence>& evidence, CpuUse& use) {
        FlopsWork work(host_.clock, settings_.kernel, evidence);
        ASSAY_TRY(const host::TeamReport report,
                  team_->run(work, host::cpu_bound_window(host_.cgroup,
                                                          {.workers = threads,
                                                           .lead_in = {},
                                                           .duration = request.duration / part,
                                                           .deadline = request.deadline,
                                                           .stop = request.stop})));
        for (const FlopsEvidence& row : evidence)
            if (row.blocks > 0 && (row.answer != known_answer_ || row.other_answers > 0))
                ++wrong_answers_;
        add_use(report, use);
        return rate_of(report, evidence);
    }

    /// The first CPU beside each other one, or beside as many as the round has time for: others
    /// each time.
    Expected<RoundResult> pairs(const RoundRequest& request) {
        std::vector<int> others = host_.topology.pinning_order();
        const int first = others.front();
        others.erase(others.begin());
        Xoshiro256 random(request.seed);
        for (std::size_t left = others.size(); left > 1; --left)
            std::swap(others[left - 1], others[random.below(left)]);
        const auto room = std::max<std::int64_t>(1, request.duration / (2 * kShortestPairWindow));
        others.resize(std::min(others.size(), static_cast<std::size_t>(room)));
        const auto window =
            std::clamp(request.duration / (2 * static_cast<std::int64_t>(others.size())),
                       kShortestPairWindow, kLongestPairWindow);
        RoundResult result;
        result.cpu_use = CpuUse{};
        std::optional<double> lowest;
        for (const int other : others) {
            ASSAY_TRY(const PairSpeed pair,
                      speed_ratio(first, other, window, request, *result.cpu_use));
            if (!pair.ratio)
                continue;
            lowest = std::min(lowest.value_or(*pair.ratio), *pair.ratio);
            if (!pair.was_disturbed)
                pair_ratios_[other].push_back(*pair.ratio);
        }
        if (lowest)
            result.values.push_back({&kScalingMetrics[kPairRatio], *lowest});
        return result;
    }

    struct PairSpeed {
        std::optional<double> ratio;  ///< nullopt where a thread had its CPU for no block
        bool was_disturbed = false;   ///< one was away, so that the other was not beside it
    };
    /// Of the first CPU beside the busy second one, by its speed alone just before.
    Expected<PairSpeed> speed_ratio(int first, int second, std::chrono::nanoseconds duration,
                                    const RoundRequest& request, CpuUse& use) {
        ASSAY_TRY(auto team, host::WorkerTeam::start(host_.clock, {first, second}));
        PairWork work(host_.clock, settings_.kernel, known_answer_, 2);
        std::optional<double> alone, beside;
        PairSpeed pair;
        for (const std::size_t workers : {1u, 2u}) {
            ASSAY_TRY(const host::TeamReport report, team->run(work, {.workers = workers,
                                                                      .lead_in = duration / 4,
                                                                      .duration = duration,
                                                                      .deadline = request.deadline,
                                                                      .stop = request.stop}));
            add_use(report, use);
            pair.was_disturbed |= std::ranges::any_of(report.workers, was_away);
            (workers == 1 ? alone : beside) = work.typical_ticks(0);
        }
        wrong_answers_ += work.wrong_blocks();
        if (alone && beside && *beside > 0)
            pair.ratio = *alone / *beside;
        return pair;
    }

    bool share_a_core(int first, int second) const {
        std::optional<int> core;
        for (const host::Pu& pu : host_.topology.pus)
            if (pu.os_index == first || pu.os_index == second) {
                if (core)
                    return *core == pu.core;
                core = pu.core;
            }
        return false;
    }

    void add_absent_points(std::vector<Finding>& findings) const {
        if (settings_.absent.empty())
            return;
        std::string list;
        for (const std::size_t threads : settings_.absent)
            list += (list.empty() ? "" : ", ") + std::to_string(threads);
        findings.push_back(make_finding(
            "scaling_points_absent", "Not measured at " + list + " threads: this process may use " +
                                         std::to_string(host_.topology.allowed_cpus().size()) +
                                         " CPUs."));
    }

    void add_contention(std::vector<Finding>& findings) const {
        std::vector<ScalingPoint> points;
        for (const auto& [threads, values] : efficiencies_)
            points.push_back({static_cast<double>(threads), median_of(values)});
        const auto fit = fit_contention(points);
        if (!fit)
            return;
        char text[240];
        std::snprintf(text, sizeof text,
                      "The Universal Scalability Law fits %zu points with a contention of %.4f and "
                      "a coherency of %.6f; no point's efficiency is further than %.3f from it.",
                      points.size(), fit->contention, fit->coherency, fit->worst_error);
        findings.push_back(make_finding("contention_model", text));
    }

    const host::Host& host_;
    const ScalingSettings settings_;
    const FoldedBits known_answer_;
    std::vector<Case> cases_;
    std::map<std::size_t, std::vector<double>> efficiencies_;  ///< by threads, undisturbed rounds
    std::map<int, std::vector<double>> pair_ratios_;           ///< by the second CPU
    std::uint64_t wrong_answers_ = 0;
    std::unique_ptr<host::WorkerTeam> team_;
};

}  // namespace

std::vector<std::size_t> scaling_points(std::size_t cores, std::size_t allowed) {
    std::set<std::size_t> points{allowed};
    if (cores > 0)
        points.insert(std::min(cores, allowed));
    for (std::size_t threads = 1; threads < allowed; threads *= 2)
        points.insert(threads);
    return {points.begin(), points.end()};
}

std::vector<std::size_t> absent_points(std::size_t allowed) {
    std::vector<std::size_t> absent;
    for (std::size_t threads = 1; threads <= kLongestUsualPoint; threads *= 2)
        if (threads > allowed)
            absent.push_back(threads);
    return absent;
}

std::size_t allowed_cores(const host::Topology& topology) {
    std::set<int> cores;
    for (const host::Pu& pu : topology.pus)
        if (pu.allowed)
            cores.insert(pu.core);
    return cores.size();
}

Expected<std::unique_ptr<Workload>> make_scaling_workload(const RunContext& context,
                                                          ScalingSettings settings) {
    const std::size_t threads = settings.points.empty() ? 1 : settings.points.back();
    ASSAY_TRY(const std::vector<int> cpus, first_cpus("cpu.scaling", context.host, threads));
    settings.compares_pairs =
        settings.compares_pairs && context.host.topology.pinning_order().size() > 1;
    ASSAY_TRY(auto team, host::WorkerTeam::start(context.host.clock, cpus));
    return std::make_unique<ScalingWorkload>(context.host, std::move(settings), std::move(team));
}

}  // namespace assay::cpu
