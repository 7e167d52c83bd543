#include "probes/memory/cache.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/units.h"
#include "engine/host/cache_counter.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/memory/allowance.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/chase_work.h"
#include "probes/memory/hit_estimate.h"
#include "probes/memory/metrics.h"
#include "probes/memory/node_pairs.h"

namespace assay::memory {
namespace {

constexpr double kShare = 0.06;        // three chases
constexpr std::uint64_t kHitPart = 4;  // of the last-level cache: a quarter of it is held

struct CacheSettings {
    int cpu = 0;
    std::uint64_t llc_bytes = 0;
    std::vector<std::size_t> set_bytes;  ///< the working sets in question
    std::uint64_t memory_bytes() const {
        return ChaseRing::memory_bytes(kTimesLastLevelCache * llc_bytes / kLineBytes);
    }
};

Expected<CacheSettings> cache_settings(const RunContext& context, const Request& request) {
    CacheSettings settings;
    const std::vector<int> cpus = context.host.topology.pinning_order();
    if (cpus.empty())
        return failure(ErrorKind::unsupported,
                       "memory.cache: this process may use no CPU; widen "
                       "its affinity mask");
    settings.cpu = cpus[0];
    const auto llc = llc_bytes_of(context.host.topology, {settings.cpu});
    if (!llc)
        return failure(ErrorKind::unsupported,
                       "memory.cache: the kernel shows no caches (a guest's hypervisor may hide "
                       "them); leave the probe out");
    settings.llc_bytes = *llc;
    if (settings.memory_bytes() > own_allowance_bytes(context))
        return failure(ErrorKind::unavailable,
                       "memory.cache needs " + std::to_string(settings.memory_bytes()) +
                           " B of memory and may use " +
                           std::to_string(own_allowance_bytes(context)) +
                           " B; free memory, or raise the control group's limit");
    settings.set_bytes = {*llc};
    if (request.extent >= Extent::standard)
        settings.set_bytes = {*llc / 2, *llc, 2 * *llc};
    return settings;
}

/// A chase that also asks the processor's counters.
class CountedWork final : public host::TeamWork {
  public:
    explicit CountedWork(ChaseWork& chase) : chase_(chase) {}
    void enter(std::size_t worker) override {
        chase_.enter(worker);
        counter_ = host::CacheCounter::open();
    }
    void leave(std::size_t worker) override {
        if (counter_)
            counts_ = counter_->read();
        counter_.reset();
        chase_.leave(worker);
    }
    bool waits_on_shared() const override { return true; }
    std::uint64_t block(std::size_t worker) override { return chase_.block(worker); }
    const std::optional<host::CacheCounter::Counts>& counts() const { return counts_; }

  private:
    ChaseWork& chase_;
    std::optional<host::CacheCounter> counter_;
    std::optional<host::CacheCounter::Counts> counts_;
};

class CacheWorkload final : public Workload {
  public:
    CacheWorkload(const RunContext& context, CacheSettings settings)
        : host_(context.host), settings_(std::move(settings)) {}

    Expected<void> build(const RunContext& context) {
        ASSAY_TRY(team_, host::WorkerTeam::start(host_.clock, {settings_.cpu}));
        ASSAY_TRY_VOID(team_->on_each([&](std::size_t) -> Expected<void> {
            ASSAY_TRY(ring_, ChaseRing::make({.most_lines = kTimesLastLevelCache *
                                                            settings_.llc_bytes / kLineBytes,
                                              .pages = host::PagePreference::huge,
                                              .numa_node = std::nullopt,
                                              .deadline = context.prepare_deadline,
                                              .stop = context.stop}));
            return {};
        }));
        cost_ticks_ = clock_cost_ticks(host_.clock);
        for (const std::size_t bytes : settings_.set_bytes)
            cases_.push_back({.name = std::to_string(bytes / kMiB) + " MiB",
                              .conditions = {{"working_set_bytes", std::uint64_t{bytes}},
                                             {"cache_bytes", settings_.llc_bytes},
                                             {"pages", "huge"}},
                              .round_share = kShare});
        return {};
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> found;
        if (!counted_)
            found.push_back(make_finding("cache_counters_absent",
                                         "No round could count the last-level cache's loads, so "
                                         "the ratio is an estimate alone."));
        if (const auto quota = host::quota_finding(host_))
            found.push_back(*quota);
        return found;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        RoundResult result;
        PlateauLatencies plateaus;
        const std::size_t bytes = settings_.set_bytes.at(case_index);
        ASSAY_TRY(plateaus.hit, follow(settings_.llc_bytes / kHitPart, request, result));
        ASSAY_TRY(plateaus.miss,
                  follow(kTimesLastLevelCache * settings_.llc_bytes, request, result));
        ASSAY_TRY(plateaus.seen, follow(bytes, request, result));
        if (last_counts_) {
            counted_ = true;
            result.values.push_back(
                {&kCacheMetrics[kHitRatio], 1 - static_cast<double>(last_counts_->misses) /
                                                    static_cast<double>(last_counts_->loads)});
        }
        if (const auto estimate = estimated_hit_ratio(plateaus))
            result.values.push_back({&kCacheMetrics[kEstimatedHitRatio], *estimate});
        else
            result.findings.push_back(unclear(plateaus));
        return result;
    }

    Expected<void> verify() override {
        if (wrong_chases_ > 0)
            return failure(ErrorKind::internal,
                           "verify memory.cache: " + std::to_string(wrong_chases_) +
                               " chases did not end where their hops lead. Either loads were "
                               "skipped or this memory returns wrong data: run a memory test "
                               "before you trust this host");
        return {};
    }

  private:
    static Finding unclear(const PlateauLatencies& plateaus) {
        char text[160];
        std::snprintf(text, sizeof text,
                      "A load takes %.1f ns in the last-level cache and %.1f ns beyond it.",
                      plateaus.hit, plateaus.miss);
        return make_finding("plateau_unclear", text);
    }

    /// Mean time of a hop in ns, since hits and misses mix in it by their shares.
    Expected<double> follow(std::size_t bytes, const RoundRequest& request, RoundResult& result) {
        ASSAY_TRY_VOID(team_->on_each([&](std::size_t) -> Expected<void> {
            ring_->build(bytes / kLineBytes, RingShape::random, request.seed);
            return {};
        }));
        const host::WindowRequest window =
            host::cpu_bound_window(host_.cgroup, {.workers = 1,
                                                  .lead_in = {},
                                                  .duration = request.duration / 3,
                                                  .deadline = request.deadline,
                                                  .stop = request.stop});
        ChaseWork chase(host_.clock, *ring_, window.lead_in, cost_ticks_);
        CountedWork work(chase);
        ASSAY_TRY(const host::TeamReport report, team_->run(work, window));
        wrong_chases_ += !chase.ended_well();
        last_counts_ = work.counts();
        add_use(report, result.cpu_use);
        return chase.samples().mean().value_or(0) * host_.clock.ns_per_tick() /
               static_cast<double>(chase.hops());
    }

    const host::Host& host_;
    const CacheSettings settings_;
    std::uint64_t cost_ticks_ = 0;
    std::uint64_t wrong_chases_ = 0;
    bool counted_ = false;
    std::optional<host::CacheCounter::Counts> last_counts_;
    std::vector<Case> cases_;
    std::optional<ChaseRing> ring_;
    std::unique_ptr<host::WorkerTeam> team_;
};

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto settings = cache_settings(context, request);
    if (!settings)
        return {{CheckLevel::block, "last-level cache", settings.error().message, "",
                 settings.error().kind}};
    return {{CheckLevel::ok, "last-level cache",
             std::to_string(settings->llc_bytes / kMiB) + " MiB, hits " +
                 (host::CacheCounter::open() ? "counted and estimated"
                                             : "estimated only: no counters are to be had"),
             "", ErrorKind::unsupported}};
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const CacheSettings settings, cache_settings(context, request));
    constexpr std::uint64_t kFillBytesPerSecond = kGiB;  // first touch of fresh memory in a guest
    Footprint footprint;
    footprint.memory_bytes = settings.memory_bytes();
    footprint.threads = 1;
    footprint.cases = settings.set_bytes.size();
    footprint.round_shares = static_cast<double>(footprint.cases) * kShare;
    footprint.prepare_time =
        std::chrono::milliseconds(1000 * footprint.memory_bytes / kFillBytesPerSecond);
    footprint.note = "loads one CPU; touches no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(CacheSettings settings, cache_settings(context, request));
    auto workload = std::make_unique<CacheWorkload>(context, std::move(settings));
    ASSAY_TRY_VOID(workload->build(context));
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace

const Probe kCache{.id = "memory.cache",
                   .title = "Share of loads that the last-level cache serves",
                   .metrics = kCacheMetrics,
                   .options = {},
                   .check = &check,
                   .plan = &plan,
                   .prepare = &prepare};

}  // namespace assay::memory
