#include "probes/memory/latency_workload.h"

#include <algorithm>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/chase_work.h"
#include "probes/memory/metrics.h"
#include "probes/memory/neighbours.h"
#include "probes/memory/placement.h"

namespace assay::memory {
namespace {

/// A pair of nodes: one CPU, and its rings in the memory of the other.
struct Place {
    std::unique_ptr<host::WorkerTeam> team;
    std::optional<ChaseRing> huge, small;
    std::optional<Placement> huge_placement, small_placement;  ///< when they had been touched
};

class LatencyWorkload final : public Workload {
  public:
    LatencyWorkload(const RunContext& context, LatencySettings settings)
        : host_(context.host), settings_(std::move(settings)) {}

    Expected<void> build(const RunContext& context) {
        for (std::size_t pair = 0; pair < settings_.pairs.size(); ++pair) {
            Place& place = places_.emplace_back();
            ASSAY_TRY(place.team,
                      host::WorkerTeam::start(host_.clock, {settings_.pairs[pair].cpus.front()}));
            ASSAY_TRY_VOID(add_ring(context, pair, host::PagePreference::huge, place.huge));
            ASSAY_TRY_VOID(add_ring(context, pair, host::PagePreference::small, place.small));
            place.huge_placement = placement_now(pair, host::PagePreference::huge);
            place.small_placement = placement_now(pair, host::PagePreference::small);
        }
        cost_ticks_ = clock_cost_ticks(host_.clock);
        for (const LatencyCase& row : settings_.cases)
            add_case(row);
        return {};
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> found = kernel_memory_findings(host_.files);
        for (std::size_t pair = 0; pair < places_.size(); ++pair) {
            add_placement(places_[pair].huge_placement,
                          placement_now(pair, host::PagePreference::huge), found);
            add_placement(places_[pair].small_placement,
                          placement_now(pair, host::PagePreference::small), found);
        }
        if (const auto quota = host::quota_finding(host_))
            found.push_back(*quota);
        return found;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const LatencyCase& row = settings_.cases.at(case_index);
        const Neighbours neighbours(host_, settings_.pairs[row.pair].cpus, 1);
        RoundResult result;
        ASSAY_TRY_VOID(measure_kind(row, request, result));
        if (const auto contention =
                histories_[case_index].judge(neighbours.busy_ratio(), speed_of(result)))
            result.findings.push_back(*contention);
        return result;
    }

    Expected<void> verify() override {
        if (wrong_chases_ > 0)
            return failure(ErrorKind::internal,
                           "verify memory.latency: " + std::to_string(wrong_chases_) +
                               " chases did not end where their hops lead. Either loads were "
                               "skipped or this memory returns wrong data: run a memory test "
                               "before you trust this host");
        return {};
    }

  private:
    Expected<void> add_ring(const RunContext& context, std::size_t pair, host::PagePreference pages,
                            std::optional<ChaseRing>& ring) {
        const std::size_t lines = settings_.most_lines(pair, pages);
        if (lines == 0)
            return {};
        return places_[pair].team->on_each([&](std::size_t) -> Expected<void> {
            ASSAY_TRY(ring, ChaseRing::make({.most_lines = lines,
                                             .pages = pages,
                                             .numa_node = settings_.bind
                                                              ? settings_.pairs[pair].memory_node
                                                              : std::nullopt,
                                             .deadline = context.prepare_deadline,
                                             .stop = context.stop}));
            ring->build(lines, settings_.shape, 1);
            const auto hops = ring->walk(context.stop);
            if (!hops)
                return failure(ErrorKind::interrupted,
                               "the walk of a chase was stopped on request");
            if (*hops != lines)
                return failure(ErrorKind::internal, "memory.latency: a chase of " +
                                                        std::to_string(lines) +
                                                        " lines is back at its beginning after " +
                                                        std::to_string(*hops) +
                                                        " hops, so it would measure a smaller "
                                                        "memory. Report this as a bug");
            return {};
        });
    }

    static const std::optional<ChaseRing>& ring_of(const Place& place, host::PagePreference pages) {
        return pages == host::PagePreference::huge ? place.huge : place.small;
    }
    ChaseRing& ring_of(const LatencyCase& row, host::PagePreference pages) {
        Place& place = places_[row.pair];
        return pages == host::PagePreference::huge ? *place.huge : *place.small;
    }

    std::optional<Placement> placement_now(std::size_t pair, host::PagePreference pages) const {
        const auto& ring = ring_of(places_[pair], pages);
        if (!ring)
            return std::nullopt;
        const UsedBuffer used{&ring->buffer(), ring->used_bytes()};
        return placement_of({&used, 1}, place_text(settings_.pairs[pair]),
                            settings_.pairs[pair].memory_node, pages);
    }

    static void add_placement(const std::optional<Placement>& before,
                              const std::optional<Placement>& now, std::vector<Finding>& found) {
        if (!before || !now)
            return;
        for (Finding& finding : placement_findings(*before, *now))
            found.push_back(std::move(finding));
    }

    /// A fresh cycle, made on the CPU that follows it.
    Expected<void> renew(const LatencyCase& row, ChaseRing& ring, const RoundRequest& request,
                         RoundResult& result) {
        ASSAY_TRY_VOID(places_[row.pair].team->on_each([&](std::size_t) -> Expected<void> {
            ring.build(row.lines, settings_.shape, request.seed);
            return {};
        }));
        const double near = ring.near_steps();
        if (near > kMostNearSteps && result.findings.empty())
            result.findings.push_back(make_finding(
                "prefetch_suspected", percent_text(near) + " of the steps of the chase go to a "
                                                           "neighbouring line."));
        return {};
    }

    host::WindowRequest window(const RoundRequest& request, double share) const {
        return host::cpu_bound_window(
            host_.cgroup, {.workers = 1,
                           .lead_in = {},
                           .duration = std::chrono::nanoseconds(static_cast<std::int64_t>(
                               static_cast<double>(request.duration.count()) * share)),
                           .deadline = request.deadline,
                           .stop = request.stop});
    }

    /// Median time of a hop in ns; the samples go to `samples`.
    Expected<Histogram> follow(const LatencyCase& row, const ChaseRing& ring,
                               const host::WindowRequest& asked, RoundResult& result) {
        ChaseWork work(host_.clock, ring, asked.lead_in, cost_ticks_);
        ASSAY_TRY(const host::TeamReport report, places_[row.pair].team->run(work, asked));
        wrong_chases_ += !work.ended_well();
        add_use(report, result.cpu_use);
        return work.samples();
    }

    double ns_per_tick_of_hop(const LatencyCase& row) const {
        return host_.clock.ns_per_tick() / static_cast<double>(hops_per_sample(row.lines));
    }

    Expected<void> measure_random(const LatencyCase& row, const RoundRequest& request,
                                  RoundResult& result) {
        ChaseRing& ring = ring_of(row, row.pages);
        ASSAY_TRY_VOID(renew(row, ring, request, result));
        ASSAY_TRY(Histogram samples, follow(row, ring, window(request, 1), result));
        result.latencies.push_back({.metric = &kLatencyMetrics[kRandomLatency],
                                    .ticks = std::move(samples),
                                    .ns_per_tick = ns_per_tick_of_hop(row)});
        return {};
    }

    Expected<void> measure_tlb_cost(const LatencyCase& row, const RoundRequest& request,
                                    RoundResult& result) {
        double medians[2] = {0, 0};
        for (const auto pages : {host::PagePreference::huge, host::PagePreference::small}) {
            ChaseRing& ring = ring_of(row, pages);
            ASSAY_TRY_VOID(renew(row, ring, request, result));
            ASSAY_TRY(const Histogram samples, follow(row, ring, window(request, 0.5), result));
            const auto median = samples.quantile(0.5);
            if (!median)
                return {};
            medians[pages == host::PagePreference::small] = *median * ns_per_tick_of_hop(row);
        }
        result.values.push_back({&kLatencyMetrics[kTlbCost], medians[1] - medians[0]});
        return {};
    }

    Expected<void> measure_parallel(const LatencyCase& row, const RoundRequest& request,
                                    RoundResult& result) {
        ChaseRing& ring = ring_of(row, host::PagePreference::huge);
        ASSAY_TRY_VOID(renew(row, ring, request, result));
        double ns_a_load[2] = {0, 0};
        for (const bool several : {false, true}) {
            ParallelChaseWork work(ring, several ? row.chains : 1);
            ASSAY_TRY(const host::TeamReport report,
                      places_[row.pair].team->run(work, window(request, 0.5)));
            wrong_chases_ += !work.ended_well();
            add_use(report, result.cpu_use);
            if (report.units() <= 0)
                return {};
            ns_a_load[several] = static_cast<double>(report.window_ns) / report.units();
        }
        result.values.push_back({&kLatencyMetrics[kPerLoad], ns_a_load[1]});
        result.values.push_back({&kLatencyMetrics[kParallelism], ns_a_load[0] / ns_a_load[1]});
        return {};
    }

    Expected<void> measure_kind(const LatencyCase& row, const RoundRequest& request,
                                RoundResult& result) {
        switch (row.kind) {
            case ChaseKind::random:
                return measure_random(row, request, result);
            case ChaseKind::tlb_cost:
                return measure_tlb_cost(row, request, result);
            case ChaseKind::parallel:
                return measure_parallel(row, request, result);
        }
        return {};
    }

    /// Loads a second, for the neighbours' judge; absent where the round has no such number.
    static double speed_of(const RoundResult& result) {
        if (!result.latencies.empty())
            if (const auto median = result.latencies[0].ticks.quantile(0.5); median && *median > 0)
                return 1 / (*median * result.latencies[0].ns_per_tick);
        for (const RoundValue& row : result.values)
            if (row.metric == &kLatencyMetrics[kPerLoad])
                return 1 / row.value;
        return 1;
    }

    void add_case(const LatencyCase& row) {
        const Place& place = places_[row.pair];
        const NodePair& pair = settings_.pairs[row.pair];
        const std::uint64_t bytes = row.lines * kLineBytes;
        std::vector<Condition> conditions{{"working_set_bytes", bytes}};
        if (row.kind != ChaseKind::tlb_cost)
            conditions.push_back(
                {"pages", row.pages == host::PagePreference::huge ? "huge" : "4k"});
        if (row.kind == ChaseKind::random)
            conditions.push_back(
                {"pages_obtained",
                 pages_obtained(row.pages == host::PagePreference::huge ? *place.huge_placement
                                                                        : *place.small_placement)});
        conditions.push_back({"chains", static_cast<std::uint64_t>(row.chains)});
        add_node_conditions(pair, conditions);
        if (row.kind == ChaseKind::random)
            conditions.push_back({"hops_per_sample", hops_per_sample(row.lines)});
        const std::string size = bytes >= kMiB ? std::to_string(bytes / kMiB) + " MiB"
                                               : std::to_string(bytes / kKiB) + " KiB";
        std::string name = case_prefix(pair) + size;
        if (row.kind == ChaseKind::tlb_cost)
            name += ", cost of 4k pages";
        else if (row.kind == ChaseKind::parallel)
            name += ", " + std::to_string(row.chains) + " chains";
        else
            name += row.pages == host::PagePreference::huge ? ", huge pages" : ", 4k pages";
        cases_.push_back({.name = std::move(name),
                          .conditions = std::move(conditions),
                          .round_share = row.round_share});
        histories_.emplace_back();
    }

    const host::Host& host_;
    const LatencySettings settings_;
    std::uint64_t cost_ticks_ = 0;
    std::uint64_t wrong_chases_ = 0;
    std::vector<Case> cases_;
    std::vector<ContentionHistory> histories_;  ///< one a case
    std::vector<Place> places_;                 ///< one a pair
};

}  // namespace

Expected<std::unique_ptr<Workload>> make_latency_workload(const RunContext& context,
                                                          const LatencySettings& settings) {
    auto workload = std::make_unique<LatencyWorkload>(context, settings);
    ASSAY_TRY_VOID(workload->build(context));
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace assay::memory
