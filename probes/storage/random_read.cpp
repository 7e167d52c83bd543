#include "probes/storage/random_read.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/core/random.h"
#include "probes/storage/evidence.h"
#include "probes/storage/file_fill.h"
#include "probes/storage/metrics.h"
#include "probes/storage/preflight.h"
#include "probes/storage/settings.h"
#include "probes/storage/worker.h"

namespace assay::storage {
namespace {

using Time = std::chrono::steady_clock;

// The first 5 % of a round, about, fill the queue and are not counted.
constexpr std::int64_t kRampShare = 20;
// Rate limiters hand out a whole slice's operations at once: blk-throttle and QEMU each 100 ms. A
// window of whole slices holds as many as it should; any other is off by up to one. It begins half
// a slice off, because the bursts come in whole slices after the first operation.
constexpr std::int64_t kLimiterSliceNs = 100 * kNanosecondsPerMillisecond;
// Small batches give the device work back while the rest of the queue keeps it busy; on a loop
// device at depth 32 batches of 4 served 20 % more reads than batches of 32, and single reads
// fewer.
constexpr unsigned kBatchesInFlight = 8;
// A read that is not back this long after the round will not come back.
constexpr auto kHangPatience = std::chrono::seconds(5);
constexpr auto kLeastHangPatience = std::chrono::seconds(1);
constexpr double kLittleTolerance = 0.02;
constexpr std::uint64_t kVerifiedBlocks = 256;
constexpr auto kVerifyPass = std::chrono::milliseconds(1);
constexpr auto kVerifyTime = std::chrono::seconds(2);
constexpr std::uint64_t kGuessedWriteBytesPerSecond = 200 * kMiB;

/// When a round counts and when it is over, in time and in ticks.
struct RoundTimes {
    std::uint64_t begin_ticks, end_ticks, give_up_ticks;
    Time::time_point wait_deadline;
};

RoundTimes round_times(const host::Clock& clock, const RoundRequest& request) {
    const auto now = Time::now();
    auto length = std::chrono::duration_cast<std::chrono::nanoseconds>(request.duration);
    auto patience = std::chrono::duration_cast<std::chrono::nanoseconds>(kHangPatience);
    if (request.deadline != Time::time_point{}) {
        const auto left = request.deadline - now;
        length = std::max(std::min<std::chrono::nanoseconds>(length, left),
                          std::chrono::nanoseconds(kVerifyPass));
        patience =
            std::clamp<std::chrono::nanoseconds>(left - length, kLeastHangPatience, kHangPatience);
    }
    const std::uint64_t start = clock.ticks();
    const std::int64_t length_ns = length.count();
    std::int64_t ramp_ns = length_ns / kRampShare;
    std::int64_t window_ns = length_ns - ramp_ns;
    if (length_ns >= 3 * kLimiterSliceNs) {
        ramp_ns += kLimiterSliceNs / 2 - ramp_ns % kLimiterSliceNs;
        window_ns = length_ns - ramp_ns;
        window_ns -= window_ns % kLimiterSliceNs;
    }
    const std::int64_t end_ns = ramp_ns + window_ns;
    return {start + clock.ticks_of_ns(ramp_ns), start + clock.ticks_of_ns(end_ns),
            start + clock.ticks_of_ns(end_ns + patience.count()),
            now + length + patience + kLeastHangPatience};
}

/// Takes what the workers saw and makes one round of it.
class RandomRead final : public Workload {
  public:
    RandomRead(const host::Host& host, const Settings& settings,
               std::shared_ptr<const Target> target, std::vector<std::unique_ptr<Worker>> workers,
               Engine engine, std::vector<Finding> findings)
        : host_(host),
          settings_(settings),
          target_(std::move(target)),
          workers_(std::move(workers)),
          engine_(engine),
          findings_(std::move(findings)) {
        if (auto disk = counted_disk_of(host_.files, settings_.path))
            disk_ = std::move(*disk);
        for (const unsigned depth : settings_.depths)
            cases_.push_back({"depth " + std::to_string(depth), conditions_of(depth)});
    }

    std::span<const Case> cases() const override { return cases_; }
    std::vector<Finding> findings() const override { return findings_; }
    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override;
    Expected<void> verify() override;

  private:
    std::vector<Condition> conditions_of(unsigned depth) const;
    Expected<std::vector<const LoopTally*>> run_workers(unsigned depth, const RoundTimes& times,
                                                        const RoundRequest& request);
    void note(std::span<const LoopTally* const> tallies);
    std::vector<Finding> judge(std::span<const LoopTally* const> tallies,
                               const std::optional<host::DiskCounters>& before);

    const host::Host& host_;
    Settings settings_;
    std::shared_ptr<const Target> target_;
    std::vector<std::unique_ptr<Worker>> workers_;
    Engine engine_;
    std::vector<Finding> findings_;
    std::optional<CountedDisk> disk_;
    std::vector<Case> cases_;
    std::uint64_t issued_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t checked_blocks_ = 0;  // compared with the pattern by the workers
    double worst_little_residual_ = 0;
    bool counters_known_ = false;
    std::uint64_t device_reads_ = 0;
};

std::vector<Condition> RandomRead::conditions_of(unsigned depth) const {
    return {{"block_bytes", settings_.block_bytes},
            {"depth", std::uint64_t{depth}},
            {"threads", std::uint64_t{settings_.threads}},
            {"engine", name_of(engine_)},
            {"engine_setup", workers_.front()->engine_text()},
            {"target", name_of(target_->kind)},
            {"size_bytes", target_->size_bytes},
            {"path", settings_.path}};
}

// A ring keeps `depth` reads in flight; blocking calls need a thread for each of them.
Expected<std::vector<const LoopTally*>> RandomRead::run_workers(unsigned depth,
                                                                const RoundTimes& times,
                                                                const RoundRequest& request) {
    const bool has_rings = engine_ == Engine::io_uring;
    LoopPlan plan;
    plan.depth = has_rings ? depth : 1;
    plan.batch = std::max(1u, plan.depth / kBatchesInFlight);
    plan.blocks = target_->size_bytes / settings_.block_bytes;
    plan.block_bytes = static_cast<std::uint32_t>(settings_.block_bytes);
    plan.expected_result = static_cast<std::int32_t>(settings_.block_bytes);
    plan.begin_ticks = times.begin_ticks;
    plan.end_ticks = times.end_ticks;
    plan.give_up_ticks = times.give_up_ticks;
    plan.stop = request.stop;
    SplitMix64 seeds(request.seed);
    const std::size_t used = settings_.threads * (has_rings ? 1 : depth);
    for (std::size_t index = 0; index < used; ++index) {
        plan.seed = seeds.next();
        workers_[index]->begin(plan);
    }
    std::vector<const LoopTally*> tallies;
    std::optional<Error> first_error;
    for (std::size_t index = 0; index < used; ++index) {
        const auto tally = workers_[index]->wait(times.wait_deadline);
        if (tally)
            tallies.push_back(*tally);
        else if (!first_error)
            first_error = tally.error();
    }
    if (first_error)
        return std::unexpected(*first_error);
    note(tallies);
    return tallies;
}

void RandomRead::note(std::span<const LoopTally* const> tallies) {
    for (const LoopTally* tally : tallies) {
        issued_ += tally->issued;
        failed_ += tally->failed;
        checked_blocks_ += tally->contents.size();
        worst_little_residual_ =
            std::max(worst_little_residual_, tally->little_residual.value_or(0));
    }
}

std::vector<Finding> RandomRead::judge(std::span<const LoopTally* const> tallies,
                                       const std::optional<host::DiskCounters>& before) {
    std::vector<Finding> findings;
    LoopTally sum;
    std::optional<Finding> cpu;
    std::optional<Finding> start;
    for (const LoopTally* tally : tallies) {
        sum.issued += tally->issued;
        sum.failed += tally->failed;
        sum.short_transfers += tally->short_transfers;
        if (sum.first_errno == 0)
            sum.first_errno = tally->first_errno;
        if (!cpu)
            cpu = judge_cpu(*tally);
        if (!start)
            start = judge_start(*tally);
    }
    if (start)
        findings.push_back(*start);
    if (cpu)
        findings.push_back(*cpu);
    const auto after = disk_ ? disk_->counters(host_.files) : std::nullopt;
    if (before && after) {
        counters_known_ = true;
        device_reads_ += after->reads - before->reads;
    }
    if (auto failures = judge_failures(sum, settings_.path))
        findings.push_back(*failures);
    else if (before && after) {
        const Traffic traffic{sum.issued * settings_.block_bytes,
                              (after->sectors_read - before->sectors_read) * 512, disk_->is_simple,
                              disk_->name};
        if (auto finding = judge_traffic(traffic))
            findings.push_back(*finding);
    }
    return findings;
}

Expected<RoundResult> RandomRead::measure(std::size_t case_index, const RoundRequest& request) {
    const auto before = disk_ ? disk_->counters(host_.files) : std::nullopt;
    const RoundTimes times = round_times(host_.clock, request);
    ASSAY_TRY(const auto tallies, run_workers(settings_.depths[case_index], times, request));
    RoundResult result;
    result.findings = judge(tallies, before);
    RoundLatency latency{&kRandomReadMetrics[1], {}, host_.clock.ns_per_tick()};
    for (const LoopTally* tally : tallies)
        latency.ticks.merge(tally->latency_ticks);
    const std::uint64_t count = latency.ticks.count();
    const bool has_failures =
        std::any_of(result.findings.begin(), result.findings.end(),
                    [](const Finding& each) { return each.id == "io_errors"; });
    if (count == 0 && !has_failures)
        return failure(ErrorKind::timed_out, "not one read of " + settings_.path +
                                                 " came back inside the round; give a longer "
                                                 "--duration, or look into the kernel log (dmesg)");
    const double window_s = static_cast<double>(times.end_ticks - times.begin_ticks) *
                            latency.ns_per_tick / static_cast<double>(kNanosecondsPerSecond);
    result.values.push_back({&kRandomReadMetrics[0], static_cast<double>(count) / window_s});
    if (count > 0)
        result.latencies.push_back(std::move(latency));
    return result;
}

// The workers compare what lies in their buffers with the file's pattern after every round; short
// extra passes make that a few hundred random blocks at least.
Expected<void> RandomRead::verify() {
    if (worst_little_residual_ > kLittleTolerance)
        return failure(ErrorKind::internal,
                       "reads in flight and their latencies contradict each other by " +
                           std::to_string(worst_little_residual_) +
                           " (Little's law); report this as a bug");
    if (failed_ != 0)
        return failure(ErrorKind::io, std::to_string(failed_) + " of " + std::to_string(issued_) +
                                          " reads of " + settings_.path +
                                          " failed; read the kernel log (dmesg)");
    if (counters_known_ && device_reads_ == 0)
        return failure(ErrorKind::unavailable,
                       "the counters of " + disk_->name + " did not move while " +
                           std::to_string(issued_) + " blocks were read from " + settings_.path +
                           ": something above the device answered (or its queue/iostats is 0)");
    if (target_->kind == TargetKind::device)
        return {};
    const auto until = Time::now() + kVerifyTime;
    RoundRequest pass;
    pass.duration = kVerifyPass;
    const std::uint64_t enough = checked_blocks_ + kVerifiedBlocks;
    for (pass.seed = settings_.seed; checked_blocks_ < enough && Time::now() < until; ++pass.seed)
        ASSAY_TRY_VOID(run_workers(settings_.deepest(), round_times(host_.clock, pass), pass));
    if (failed_ != 0 || checked_blocks_ == 0)
        return failure(ErrorKind::io, "reading back the test file in " + settings_.path +
                                          " failed; read the kernel log (dmesg)");
    return {};
}

Expected<Target> prepare_target(const RunContext& context, const Settings& settings,
                                std::vector<Finding>& findings) {
    ASSAY_TRY(Target target, open_target(settings));
    if (target.kind == TargetKind::device) {
        if (settings.size_given)
            target.size_bytes = std::min(target.size_bytes, settings.size_bytes);
        findings.push_back(make_finding(
            "unwritten_data", "nobody knows how much of " + settings.path + " was ever written"));
        return target;
    }
    ASSAY_TRY(const Space space, space_of(target));
    ASSAY_TRY(const std::uint64_t bytes, file_bytes_of(settings, space));
    const auto now = Time::now();
    const auto deadline = context.prepare_deadline == Time::time_point{}
                              ? now + std::chrono::hours(1)
                              : context.prepare_deadline;
    // The rest of the time is for the sync, which nobody can cut short.
    const auto enough = now + (deadline - now) * 2 / 3;
    ASSAY_TRY(target, fill_file(std::move(target), {bytes, SplitMix64(settings.seed).next(), enough,
                                                    deadline, context.stop}));
    if (target.size_bytes < settings.size_bytes || target.size_bytes < kLeastFileBytes)
        findings.push_back(make_finding(
            "small_file", "the test file holds " + std::to_string(target.size_bytes) +
                              " B; asked for were " + std::to_string(settings.size_bytes) + " B"));
    return target;
}

Expected<std::vector<std::unique_ptr<Worker>>> start_workers(
    const RunContext& context, const Settings& settings,
    const std::shared_ptr<const Target>& target, Engine engine) {
    const std::vector<int> cpus = context.host.topology.pinning_order();
    const bool has_rings = engine == Engine::io_uring;
    const std::size_t count = settings.threads * (has_rings ? 1 : settings.deepest());
    if (count > kMostSyncThreads)
        return failure(ErrorKind::usage, "blocking calls would need " + std::to_string(count) +
                                             " threads; use a smaller --depth or fewer --threads");
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::size_t index = 0; index < count; ++index) {
        WorkerSettings worker{target,
                              engine,
                              has_rings ? settings.deepest() : 1,
                              static_cast<std::uint32_t>(settings.block_bytes),
                              std::nullopt,
                              context.host.topology.allowed_cpus()};
        // Threads that mostly sleep in blocking calls are better placed by the kernel.
        if (has_rings && !cpus.empty())
            worker.cpu = cpus[index % cpus.size()];
        ASSAY_TRY(auto started, Worker::start(worker, context.host.clock));
        workers.push_back(std::move(started));
    }
    return workers;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(const Settings settings, settings_of(request));
    if (memory_bytes_of(settings) > context.memory_allowance_bytes)
        return failure(ErrorKind::unavailable,
                       "the buffers need " + std::to_string(memory_bytes_of(settings)) +
                           " B of memory and only " +
                           std::to_string(context.memory_allowance_bytes) +
                           " B may be used; use a smaller --depth, --block or --threads");
    std::vector<Finding> findings;
    ASSAY_TRY(Target opened, prepare_target(context, settings, findings));
    const auto target = std::make_shared<const Target>(std::move(opened));
    Engine engine = settings.engine == EngineChoice::sync ? Engine::sync : Engine::io_uring;
    auto workers = start_workers(context, settings, target, engine);
    const bool is_forbidden = !workers && (workers.error().kind == ErrorKind::permission ||
                                           workers.error().kind == ErrorKind::unsupported);
    if (is_forbidden && settings.engine == EngineChoice::automatic) {
        findings.push_back(make_finding("engine_fallback", workers.error().message));
        engine = Engine::sync;
        workers = start_workers(context, settings, target, engine);
    }
    if (!workers)
        return std::unexpected(workers.error());
    return std::make_unique<RandomRead>(context.host, settings, target, std::move(*workers), engine,
                                        std::move(findings));
}

Expected<Footprint> plan(const RunContext&, const Request& request) {
    ASSAY_TRY(const Settings settings, settings_of(request));
    Footprint footprint;
    footprint.memory_bytes = memory_bytes_of(settings);
    footprint.threads = settings.threads;
    footprint.cases = settings.depths.size();
    if (settings.target == TargetKind::device) {
        footprint.note = "reads " + settings.path + ", writes nothing";
        return footprint;
    }
    footprint.bytes_written = settings.size_bytes;
    footprint.free_space_bytes = settings.size_bytes;
    footprint.prepare_time = std::chrono::seconds(
        static_cast<std::int64_t>(settings.size_bytes / kGuessedWriteBytesPerSecond) + 1);
    footprint.note = "one unnamed file in " + settings.path + ", gone when the run ends";
    return footprint;
}

}  // namespace

constinit const Probe kRandomRead{
    "storage.random_read",
    "Random reads past the page cache: operations a second and latency",
    kRandomReadMetrics,
    kRandomReadOptions,
    &preflight,
    &plan,
    &prepare};

}  // namespace assay::storage
