#include "probes/storage/fsync_workload.h"

#include <algorithm>
#include <thread>

#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/host/device_health.h"
#include "probes/storage/evidence.h"
#include "probes/storage/metrics.h"
#include "probes/storage/patience.h"

namespace assay::storage {
namespace {

using Time = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(10);

// Commits as the other detectors know operations: writes whose journal makes the device write more.
const AccessStyle kCommitStyle{"storage.fsync", "commits", AccessOrder::sequential, 0, 0, 1, {},
                               nullptr};

std::vector<Condition> conditions_of(const FsyncCase& each, const std::string& path) {
    return {{"method", name_of(each.method)},
            {"block_bytes", std::uint64_t{each.record_bytes}},
            {"file", each.is_growing ? "growing" : "preallocated"},
            {"threads", std::uint64_t{each.writers}},
            {"load", each.is_loaded ? "random 70/30, depth 8" : "none"},
            {"engine", each.method == CommitMethod::fdatasync ? "sync" : "io_uring"},
            {"path", path}};
}

}  // namespace

const std::shared_ptr<CommitFile>& CommitFiles::of(const FsyncCase& each) const {
    if (each.is_growing)
        return growing;
    return each.is_direct() ? direct : cached;
}

FsyncWorkload::FsyncWorkload(const host::Host& host, FsyncSettings settings, CommitFiles files,
                             std::unique_ptr<SideLoad> load, std::vector<Finding> findings)
    : host_(host),
      settings_(std::move(settings)),
      files_(std::move(files)),
      load_(std::move(load)),
      findings_(std::move(findings)),
      payload_(SplitMix64(settings_.seed).next()) {
    if (auto disk = counted_disk_of(host_.files, settings_.path))
        disk_ = std::move(*disk);
    if (disk_ && disk_->is_simple)
        if (auto device = host::device_of_number(host_.files, disk_->major, disk_->minor))
            device_ = std::move(*device);
    for (const FsyncCase& each : settings_.cases)
        cases_.push_back({each.name(), conditions_of(each, settings_.path), each.round_share});
    latest_rates_.resize(cases_.size());
}

Expected<std::shared_ptr<FsyncWorkload::Round>> FsyncWorkload::make_round(
    const FsyncCase& each, const RoundTimes& times, const RoundRequest& request) {
    auto round = std::make_shared<Round>(Round{files_.of(each), host_.clock, {}, {}, {}});
    const std::uint64_t stretch = kCommitFileBytes / each.writers;
    const std::uint64_t allowance =
        std::min(settings_.write_limit_bytes,
                 settings_.written_bytes() - std::min(settings_.written_bytes(), written_bytes_));
    CommitPlan plan;
    plan.method = each.method;
    plan.file = round->file->file.number();
    plan.record_bytes = each.record_bytes;
    plan.stretch_bytes = stretch;
    plan.loop.block_bytes = each.record_bytes;
    plan.loop.begin_ticks = times.begin_ticks;
    plan.loop.end_ticks = times.end_ticks;
    plan.loop.give_up_ticks = times.give_up_ticks;
    plan.loop.slice_ticks = times.slice_ticks;
    plan.loop.stop = request.stop;
    plan.loop.first_sequence = request.seed;
    plan.loop.most_writes = allowance / each.record_bytes / each.writers;
    // A file that grew to its end would no longer grow.
    if (each.is_growing)
        plan.loop.most_writes = std::min(plan.loop.most_writes, stretch / each.record_bytes);
    for (unsigned writer = 0; writer < each.writers; ++writer) {
        plan.first_byte = writer * (stretch - stretch % kSectorBytes);
        round->plans.push_back(plan);
        const std::size_t sectors = (each.record_bytes + kSectorBytes - 1) / kSectorBytes;
        ASSAY_TRY(auto record, host::Buffer::allocate({sectors * kSectorBytes,
                                                       host::PagePreference::small, std::nullopt}));
        payload_.fill(record.bytes().first(sectors * kSectorBytes), 0, 0);
        round->records.push_back(std::move(record));
    }
    round->tallies.resize(each.writers);
    return round;
}

Expected<void> FsyncWorkload::run_writers(Round& round) {
    const auto write = [&round](std::size_t writer) {
        const CommitPlan& plan = round.plans[writer];
        const std::size_t sectors = (plan.record_bytes + kSectorBytes - 1) / kSectorBytes;
        run_commit_loop(round.records[writer].bytes().first(sectors * kSectorBytes), round.clock,
                        plan, round.tallies[writer]);
    };
    std::vector<std::jthread> others;
    try {
        for (std::size_t writer = 1; writer < round.plans.size(); ++writer)
            others.emplace_back(write, writer);
    } catch (const std::system_error& refused) {
        return failure(ErrorKind::unavailable,
                       "cannot start a storage thread (see ulimit -u and the pids control group)",
                       refused.code().value());
    }
    write(0);
    for (std::jthread& other : others)
        other.join();
    for (std::size_t writer = 0; writer < round.plans.size(); ++writer) {
        const CommitTally& tally = round.tallies[writer];
        if (tally.loop.ring_errno != 0)
            return system_failure("commit through an io_uring in " + round.file->path,
                                  tally.loop.ring_errno);
        if (tally.has_last)
            ASSAY_TRY_VOID(check_committed(
                *round.file, round.records[writer].bytes().first(round.plans[writer].record_bytes),
                tally.last_offset));
    }
    return {};
}

// What the disk at the bottom says to the syncs of a round. Several writers' syncs may be answered
// by one flush, but never by none.
FlushEvidence FsyncWorkload::flush_evidence(const RoundFacts& facts) const {
    FlushEvidence evidence;
    evidence.syncs = facts.tally.counted();
    if (const auto median = facts.tally.service_ticks[1].quantile(0.5))
        evidence.median_sync_ns = *median * facts.ns_per_tick;
    if (!device_)
        return evidence;
    evidence.disk = device_->name;
    evidence.write_cache = device_->write_cache;
    evidence.is_memory = host::memory_of(host_.files, *device_).has_value();
    if (host::counts_flushes(host_.files, *device_) && facts.before && facts.after &&
        facts.before->flushes && facts.after->flushes)
        evidence.device_flushes = *facts.after->flushes - *facts.before->flushes;
    return evidence;
}

RoundResult FsyncWorkload::result_of(const Round& round, const RoundTimes& times,
                                     const std::optional<host::DiskCounters>& before) {
    std::vector<const LoopTally*> tallies;
    Histogram commits;
    for (const CommitTally& tally : round.tallies) {
        tallies.push_back(&tally.loop);
        commits.merge(tally.commit_ticks);
    }
    const auto after = disk_ ? disk_->counters(host_.files) : std::nullopt;
    AccessCase access;
    access.block_bytes = round.plans.front().record_bytes;
    const RoundFacts facts = facts_of(kCommitStyle, access, tallies, times, host_.clock,
                                      settings_.path, disk_, before, after);
    written_bytes_ += facts.tally.issued_writes * access.block_bytes;
    commits_ += facts.tally.issued - facts.tally.failed;
    failed_ += facts.tally.failed;
    RoundResult result;
    for (const auto judge :
         {&judge_start, &judge_failures, &judge_write_limit, &judge_count, &judge_window})
        if (auto finding = judge(facts))
            result.findings.push_back(std::move(*finding));
    if (round.plans.front().method == CommitMethod::fdatasync && facts.tally.failed == 0)
        for (Finding& finding : judge_flushes(flush_evidence(facts)))
            result.findings.push_back(std::move(finding));
    result.values.push_back({&kFsyncMetrics[2], facts.operations_per_s});
    AccessMetrics metrics;
    metrics.latency = &kFsyncMetrics[0];
    add_latencies(facts, metrics, result);
    if (commits.count() > 0)
        result.latencies.push_back({&kFsyncMetrics[1], std::move(commits), facts.ns_per_tick});
    return result;
}

Expected<RoundResult> FsyncWorkload::measure(std::size_t case_index, const RoundRequest& request) {
    const FsyncCase& each = settings_.cases[case_index];
    if (each.is_growing)
        ASSAY_TRY_VOID(run_patiently([file = files_.of(each)] { return empty_commit_file(*file); },
                                     Time::now() + kPatience, request.stop, settings_.path,
                                     "empty the file of commits"));
    const auto before = disk_ ? disk_->counters(host_.files) : std::nullopt;
    const double latest = latest_rates_[case_index];
    const RoundTimes times =
        round_times(host_.clock, request,
                    latest > 0 ? ramp_for(latest, each.writers) : std::chrono::nanoseconds{});
    ASSAY_TRY(const auto round, make_round(each, times, request));
    if (each.is_loaded)
        load_->begin(times, request);
    const Expected<void> outcome =
        run_patiently([round] { return run_writers(*round); }, times.wait_deadline, {},
                      settings_.path, "answer a commit");
    const Expected<void> load_outcome = each.is_loaded ? load_->finish(times) : Expected<void>();
    if (!outcome)
        return std::unexpected(outcome.error());
    if (request.stop.stop_requested())
        return failure(ErrorKind::interrupted, "interrupted during a round of commits");
    if (!load_outcome)
        return std::unexpected(load_outcome.error());
    RoundResult result = result_of(*round, times, before);
    latest_rates_[case_index] = result.values.front().value;
    if (result.latencies.empty())
        result.values.clear();
    return result;
}

std::chrono::nanoseconds FsyncWorkload::least_round(std::size_t case_index) const {
    return round_for(latest_rates_[case_index], settings_.cases[case_index].writers);
}

std::chrono::nanoseconds FsyncWorkload::shortest_round(std::size_t case_index) const {
    const double rate = latest_rates_[case_index];
    return rate <= 0
               ? kShortestRound
               : round_for(rate, settings_.cases[case_index].writers, kLeastOperationsOfARound);
}

// Each round ended with the last records read back.
Expected<void> FsyncWorkload::verify() {
    if (failed_ != 0)
        return failure(ErrorKind::io, std::to_string(failed_) + " commits in " + settings_.path +
                                          " failed; read the kernel log (dmesg)");
    if (commits_ == 0)
        return failure(ErrorKind::internal, "no record was committed; report this as a bug");
    return {};
}

}  // namespace assay::storage
