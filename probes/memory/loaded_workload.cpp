#include "probes/memory/loaded_workload.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/chase_work.h"
#include "probes/memory/knee.h"
#include "probes/memory/metrics.h"
#include "probes/memory/placement.h"

namespace assay::memory {
namespace {

constexpr std::size_t kTargetLeadBytes = 4096 + 5 * 64;  // as in memory.bandwidth
constexpr std::size_t kMixes = 3;
constexpr int kKneeSteps = 6;
constexpr std::chrono::milliseconds kCalibration{30};
constexpr std::chrono::milliseconds kShortestWindow{5};

/// Worker 0 follows the ring, the others make the load.
class LoadedWork final : public host::TeamWork {
  public:
    LoadedWork(const host::Clock& clock, ChaseWork& chase, std::vector<Generator>& generators)
        : clock_(clock), chase_(chase), generators_(generators) {}
    void enter(std::size_t worker) override {
        if (worker == 0)
            chase_.enter(0);
    }
    void leave(std::size_t worker) override {
        if (worker == 0)
            chase_.leave(0);
        else
            generators_[worker - 1].check_last_copy();
    }
    bool waits_on_shared() const override { return true; }
    std::uint64_t block(std::size_t worker) override {
        return worker == 0 ? chase_.block(0) : generators_[worker - 1].block(clock_);
    }

  private:
    const host::Clock& clock_;
    ChaseWork& chase_;
    std::vector<Generator>& generators_;
};

struct WindowResult {
    Histogram samples;
    double bandwidth = 0;
    CpuUse use;
};

class LoadedWorkload final : public Workload {
  public:
    LoadedWorkload(const RunContext& context, LoadedSettings settings)
        : host_(context.host), settings_(std::move(settings)) {}

    Expected<void> build(const RunContext& context) {
        std::vector<int> cpus{settings_.latency_cpu};
        cpus.insert(cpus.end(), settings_.generator_cpus.begin(), settings_.generator_cpus.end());
        ASSAY_TRY(team_, host::WorkerTeam::start(host_.clock, cpus));
        std::vector<std::optional<Generator>> made(settings_.generator_cpus.size());
        ASSAY_TRY_VOID(team_->on_each([&](std::size_t worker) -> Expected<void> {
            if (worker == 0)
                return make_ring(context);
            ASSAY_TRY(made[worker - 1], Generator::make(generator_request(context, worker)));
            return {};
        }));
        for (auto& generator : made)
            generators_.push_back(std::move(*generator));
        cost_ticks_ = clock_cost_ticks(host_.clock);
        before_ = placement_now();
        ASSAY_TRY_VOID(calibrate(context));
        for (const LoadPoint& point : settings_.points)
            add_case(point);
        return {};
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> found = kernel_memory_findings(host_.files);
        for (Finding& finding : placement_findings(*before_, placement_now()))
            found.push_back(std::move(finding));
        if (settings_.llc_bytes &&
            settings_.lines * kLineBytes < kTimesLastLevelCache * *settings_.llc_bytes)
            found.push_back(make_finding(
                "cache_resident",
                "The chase goes through " + std::to_string(settings_.lines * kLineBytes) +
                    " B; four times the last-level cache is " +
                    std::to_string(kTimesLastLevelCache * *settings_.llc_bytes) + " B."));
        if (const auto quota = host::quota_finding(host_))
            found.push_back(*quota);
        return found;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const LoadPoint& point = settings_.points.at(case_index);
        ASSAY_TRY_VOID(team_->on_each([&](std::size_t worker) -> Expected<void> {
            if (worker == 0)
                ring_->build(settings_.lines, RingShape::random, request.seed);
            return {};
        }));
        return point.load_percent ? measure_point(point, request) : measure_knee(point, request);
    }

    Expected<void> verify() override {
        std::uint64_t wrong = wrong_chases_;
        for (const Generator& generator : generators_)
            wrong += generator.wrong_steps();
        if (wrong > 0)
            return failure(ErrorKind::internal,
                           "verify memory.loaded_latency: " + std::to_string(wrong) +
                               " chases or steps of the load did not do what they must. Either "
                               "work was skipped or this memory returns wrong data: run a memory "
                               "test before you trust this host");
        return {};
    }

  private:
    Expected<void> make_ring(const RunContext& context) {
        ASSAY_TRY(ring_, ChaseRing::make({.most_lines = settings_.lines,
                                          .pages = host::PagePreference::huge,
                                          .numa_node = settings_.bind ? settings_.pair.memory_node
                                                                      : std::nullopt,
                                          .deadline = context.prepare_deadline,
                                          .stop = context.stop}));
        ring_->build(settings_.lines, RingShape::random, 1);
        return {};
    }

    Generator::MemoryRequest generator_request(const RunContext& context,
                                               std::size_t worker) const {
        const ArrayRequest source{
            .bytes = settings_.bytes_per_array,
            .pages = host::PagePreference::huge,
            .numa_node = settings_.bind ? settings_.pair.memory_node : std::nullopt,
            .number = 2 * worker,
            .lead_bytes = 0,
            .deadline = context.prepare_deadline,
            .stop = context.stop};
        ArrayRequest target = source;
        target.number = 2 * worker + 1;
        target.lead_bytes = kTargetLeadBytes;
        return {.source = source, .target = target, .read = settings_.read, .copy = settings_.copy};
    }

    Placement placement_now() const {
        std::vector<UsedBuffer> buffers{{&ring_->buffer(), ring_->used_bytes()}};
        for (const Generator& generator : generators_)
            for (const FilledMemory* memory : {&generator.source(), &generator.target()})
                buffers.push_back({&memory->buffer, memory->used_bytes()});
        return placement_of(buffers, place_text(settings_.pair), settings_.pair.memory_node,
                            host::PagePreference::huge);
    }

    /// The generators' full rates, while the latency is measured beside them: the most of three
    /// windows, since a disturbance can only lower them; of more where it left nothing.
    Expected<void> calibrate(const RunContext& context) {
        constexpr int kWindows = 3, kMostWindows = 30;
        for (std::size_t mix = 0; mix < kMixes; ++mix) {
            for (int window = 0;
                 window < kWindows || (full_rates_[mix] <= 0 && window < kMostWindows); ++window) {
                ASSAY_TRY(
                    const WindowResult result,
                    run({.workers = generators_.size() + 1,
                         .lead_in = std::chrono::milliseconds(2),
                         .duration = kCalibration,
                         .deadline = std::max(context.prepare_deadline,
                                              std::chrono::steady_clock::now() + 2 * kCalibration),
                         .stop = context.stop},
                        static_cast<LoadMix>(mix), 0));
                full_rates_[mix] = std::max(full_rates_[mix], result.bandwidth);
            }
            if (full_rates_[mix] <= 0)
                return failure(ErrorKind::unavailable,
                               "memory.loaded_latency: the CPUs that make the load had no time at "
                               "all for a second; stop other programs on this host");
        }
        return {};
    }

    /// bytes_per_second: of each generator; 0 = as fast as they can.
    Expected<WindowResult> run(const host::WindowRequest& window, LoadMix mix,
                               double bytes_per_second) {
        const double ticks_a_second =
            static_cast<double>(kNanosecondsPerSecond) / host_.clock.ns_per_tick();
        for (Generator& generator : generators_)
            generator.set(mix, bytes_per_second > 0 ? ticks_a_second / bytes_per_second : 0);
        ChaseWork chase(host_.clock, *ring_, window.lead_in, cost_ticks_);
        LoadedWork work(host_.clock, chase, generators_);
        ASSAY_TRY(const host::TeamReport report, team_->run(work, window));
        wrong_chases_ += !chase.ended_well();
        WindowResult result{.samples = chase.samples(), .bandwidth = 0, .use = {}};
        for (std::size_t worker = 1; worker < report.workers.size(); ++worker)
            result.bandwidth += report.workers[worker].units / to_seconds(report.window_ns);
        result.use = use_of(report);
        return result;
    }

    /// share: of the full rate, 0 = without any load.
    Expected<WindowResult> run_share(const RoundRequest& request, std::chrono::nanoseconds duration,
                                     LoadMix mix, double share) {
        const bool idle = share <= 0;
        const double full = full_rates_[static_cast<std::size_t>(mix)];
        const double each = share >= 1 ? 0 : share * full / static_cast<double>(generators_.size());
        return run(host::cpu_bound_window(
                       host_.cgroup,
                       {.workers = idle ? 1 : generators_.size() + 1,
                        .lead_in = {},
                        .duration = std::max<std::chrono::nanoseconds>(duration, kShortestWindow),
                        .deadline = request.deadline,
                        .stop = request.stop}),
                   mix, each);
    }

    double ns_per_tick_of_hop() const {
        return host_.clock.ns_per_tick() / static_cast<double>(hops_per_sample(settings_.lines));
    }

    Expected<RoundResult> measure_point(const LoadPoint& point, const RoundRequest& request) {
        const double share = *point.load_percent / 100.0;
        ASSAY_TRY(WindowResult seen, run_share(request, request.duration, point.mix, share));
        RoundResult result;
        result.latencies.push_back({.metric = &kLoadedLatencyMetrics[kUnderLoad],
                                    .ticks = std::move(seen.samples),
                                    .ns_per_tick = ns_per_tick_of_hop()});
        result.values.push_back({&kLoadedLatencyMetrics[kLoadBandwidth], seen.bandwidth});
        result.cpu_use = seen.use;
        const double asked = share * full_rates_[static_cast<std::size_t>(point.mix)];
        if (share < 1 && seen.bandwidth < kHeldLoad * asked)
            result.findings.push_back(make_finding(
                "load_not_held", "The generators moved " + percent_text(seen.bandwidth / asked) +
                                     " of the " + std::to_string(static_cast<long long>(asked)) +
                                     " B/s that they were set to."));
        return result;
    }

    Expected<RoundResult> measure_knee(const LoadPoint& point, const RoundRequest& request) {
        RoundResult result;
        result.cpu_use.emplace();
        const auto window = request.duration / (kKneeSteps + 2);
        const auto at_share = [&](double share) -> Expected<LoadedPoint> {
            ASSAY_TRY(const WindowResult seen, run_share(request, window, point.mix, share));
            result.cpu_use->wall_ns += seen.use.wall_ns;
            result.cpu_use->cpu_ns += seen.use.cpu_ns;
            result.cpu_use->gap_ns += seen.use.gap_ns;
            LoadedPoint reached{seen.bandwidth, seen.samples.quantile(0.5)};
            if (reached.latency_ns)
                *reached.latency_ns *= ns_per_tick_of_hop();
            return reached;
        };
        ASSAY_TRY(const Knee knee, find_knee(at_share, kKneeSteps));
        // A thread without a CPU: the gates refuse the round, and there is nothing to say of it.
        if (!knee.complete)
            return result;
        if (knee.bandwidth) {
            result.values.push_back({&kLoadedLatencyMetrics[kKneeBandwidth], *knee.bandwidth});
            return result;
        }
        char text[200];
        std::snprintf(text, sizeof text,
                      "Generators insufficient: %zu of them at full rate raise the latency from "
                      "%.1f to %.1f ns, which is not twice.",
                      generators_.size(), *knee.idle.latency_ns, *knee.full.latency_ns);
        result.findings.push_back(make_finding("generators_insufficient", text));
        // What was measured instead, so that the finding has a place to stand.
        result.values.push_back({&kLoadedLatencyMetrics[kLoadBandwidth], knee.full.bandwidth});
        return result;
    }

    void add_case(const LoadPoint& point) {
        std::vector<Condition> conditions{{"read_percent", read_percent(point.mix)}};
        if (point.load_percent)
            conditions.push_back({"load_percent", static_cast<std::uint64_t>(*point.load_percent)});
        else
            conditions.push_back({"search", "knee"});
        conditions.push_back(
            {"generators", static_cast<std::uint64_t>(settings_.generator_cpus.size())});
        conditions.push_back({"working_set_bytes", settings_.lines * kLineBytes});
        add_node_conditions(settings_.pair, conditions);
        conditions.push_back({"pages", pages_obtained(*before_)});
        if (point.load_percent)
            conditions.push_back({"hops_per_sample", hops_per_sample(settings_.lines)});
        cases_.push_back(
            {.name = case_prefix(settings_.pair) + std::to_string(read_percent(point.mix)) +
                     " % reads, " +
                     (point.load_percent ? std::to_string(*point.load_percent) + " % load"
                                         : std::string("knee")),
             .conditions = std::move(conditions),
             .round_share = point.round_share});
    }

    const host::Host& host_;
    const LoadedSettings settings_;
    std::uint64_t cost_ticks_ = 0;
    std::uint64_t wrong_chases_ = 0;
    std::array<double, kMixes> full_rates_{};  ///< B/s of all generators, by LoadMix
    std::vector<Case> cases_;
    std::optional<ChaseRing> ring_;
    std::vector<Generator> generators_;
    std::optional<Placement> before_;
    std::unique_ptr<host::WorkerTeam> team_;
};

}  // namespace

Expected<std::unique_ptr<Workload>> make_loaded_workload(const RunContext& context,
                                                         const LoadedSettings& settings) {
    auto workload = std::make_unique<LoadedWorkload>(context, settings);
    ASSAY_TRY_VOID(workload->build(context));
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace assay::memory
