#include "probes/storage/access_workload.h"

#include <algorithm>
#include <cerrno>

#include "engine/core/random.h"
#include "engine/host/block_device.h"
#include "probes/storage/read_back.h"
#include "probes/storage/series_judges.h"
#include "probes/storage/steady_state.h"

namespace assay::storage {
namespace {

using Time = std::chrono::steady_clock;

// A quarter of the queue at a time: the thread sleeps until so many are back, and hands over as
// many, while the rest keeps the device busy. On a loop device at depth 32 batches of 8 served 16 %
// more reads than single ones, and batches of 32 fewer; where the kernel's own threads do the
// reads, a switch to ours for each read costs as much as the read.
constexpr unsigned kBatchesInFlight = 4;
// An open loop hands over all that is due at once: it comes in ones unless the device stalled.
constexpr unsigned kOpenLoopBatch = 32;
// Beyond this the same words come back too far apart for any compressor's window.
constexpr std::uint64_t kLargeArenaBytes = 4 * kMiB;
constexpr std::uint64_t kVerifiedBlocks = 256;
constexpr std::uint32_t kVerifyDepth = 32;
constexpr auto kVerifyPass = std::chrono::milliseconds(1);
constexpr auto kVerifyTime = std::chrono::seconds(2);
constexpr std::size_t kLastWritesKept = 64;
constexpr auto kReadBackPatience = std::chrono::seconds(10);
constexpr auto kReadAllPatience = std::chrono::hours(1);

}  // namespace

AccessWorkload::AccessWorkload(const host::Host& host, Settings settings,
                               std::shared_ptr<const Target> target,
                               std::vector<std::unique_ptr<Worker>> workers, Engine engine,
                               std::vector<Finding> findings)
    : host_(host),
      settings_(std::move(settings)),
      target_(std::move(target)),
      workers_(std::move(workers)),
      engine_(engine),
      findings_(std::move(findings)) {
    if (auto disk = counted_disk_of(host_.files, settings_.path))
        disk_ = std::move(*disk);
    if (const auto device = host::device_of_path(host_.files, settings_.path))
        device_polls_ = device->io_poll;
    case_rates_.resize(settings_.cases.size());
    latest_rates_.resize(settings_.cases.size());
    for (const AccessCase& access : settings_.cases)
        cases_.push_back({access.name(), conditions_of(access), access.round_share});
    if (settings_.integrity) {
        const std::uint64_t blocks = target_->size_bytes / settings_.cases.front().block_bytes;
        ledgers_.assign(workers_.size(), std::vector<std::uint64_t>(blocks / workers_.size(), 0));
    }
}

// The rounds of a case in time order tell of drift; those of writes, whether a flash device had
// reached its steady state.
std::vector<Finding> AccessWorkload::findings() const {
    std::vector<Finding> findings = findings_;
    for (std::size_t index = 0; index < case_rates_.size(); ++index)
        if (settings_.cases[index].rate == 0)
            if (auto finding =
                    judge_change({case_rates_[index], Better::higher, "rates of the rounds", 0}))
                findings.push_back(std::move(*finding));
    if (!settings_.writes())
        return findings;
    if (settings_.extent != Extent::deep)
        findings.push_back(make_finding("fresh_state", target_->kind == TargetKind::file
                                                           ? "the test file was written once"
                                                           : "the device was not written before"));
    else if (auto finding = judge_steadiness(case_rates_.front(), "rates of the rounds"))
        findings.push_back(std::move(*finding));
    return findings;
}

std::vector<Condition> AccessWorkload::conditions_of(const AccessCase& access) const {
    std::vector<Condition> conditions{
        {"block_bytes", access.block_bytes},
        {"depth", std::uint64_t{access.depth}},
        {"threads", std::uint64_t{settings_.threads}},
        {"mode",
         access.rate != 0 ? std::string("open loop") : std::string(name_of(access.batching))},
        {"engine", name_of(engine_)},
        {"engine_setup", workers_.front()->engine_text()},
        {"polling", name_of(settings_.polling)},
        {"target", name_of(target_->kind)},
        {"size_bytes", target_->size_bytes},
        {"path", settings_.path}};
    if (access.rate != 0)
        conditions.push_back({"rate", access.rate});
    if (settings_.writes())
        conditions.push_back({"integrity", settings_.integrity});
    return conditions;
}

LoopPlan AccessWorkload::plan_of(const AccessCase& access, const RoundTimes& times,
                                 const RoundRequest& request) const {
    const AccessStyle& style = *settings_.style;
    LoopPlan plan;
    plan.depth = engine_ == Engine::sync ? 1 : access.depth;
    if (access.rate != 0)
        plan.batch = std::min(plan.depth, kOpenLoopBatch);
    else if (access.batching == Batching::peak)
        plan.batch = plan.wait_for = std::max(1u, plan.depth / kBatchesInFlight);
    plan.order = style.order;
    plan.read_ratio = style.read_ratio;
    plan.blocks = target_->size_bytes / access.block_bytes;
    plan.block_bytes = static_cast<std::uint32_t>(access.block_bytes);
    plan.expected_result = static_cast<std::int32_t>(access.block_bytes);
    if (access.rate != 0)
        plan.interval_ticks = static_cast<double>(host_.clock.ticks_of_ns(kNanosecondsPerSecond)) *
                              settings_.threads / static_cast<double>(access.rate);
    plan.begin_ticks = times.begin_ticks;
    plan.end_ticks = times.end_ticks;
    plan.give_up_ticks = times.give_up_ticks;
    plan.slice_ticks = times.slice_ticks;
    plan.renew = access.depth * access.block_bytes < kLargeArenaBytes ? Payload::Renew::words
                                                                      : Payload::Renew::stamps;
    plan.seals = settings_.integrity;
    plan.stop = request.stop;
    return plan;
}

// A ring keeps `depth` operations in flight; blocking calls need a thread for each of them.
Expected<std::vector<const LoopTally*>> AccessWorkload::run_workers(const AccessCase& access,
                                                                    const RoundTimes& times,
                                                                    const RoundRequest& request) {
    LoopPlan plan = plan_of(access, times, request);
    const std::size_t used = settings_.threads * (engine_ == Engine::sync ? access.depth : 1);
    const std::uint64_t blocks = plan.blocks;
    const std::uint64_t write_allowance =
        std::min(settings_.write_limit_bytes,
                 settings_.written_bytes() - std::min(settings_.written_bytes(), written_bytes_));
    constexpr std::uint64_t kSequencesOfOne = std::uint64_t{1} << 40;
    last_writes_.first_sequence = target_->next_sequence->fetch_add(used * kSequencesOfOne);
    last_writes_.block_bytes = access.block_bytes;
    last_writes_.contents.clear();
    SplitMix64 seeds(request.seed);
    for (std::size_t index = 0; index < used; ++index) {
        plan.seed = seeds.next();
        plan.first_sequence = last_writes_.first_sequence + index * kSequencesOfOne;
        if (settings_.writes())
            plan.most_writes = write_allowance / access.block_bytes / used;
        // Sequential streams each go through the whole range, from places as far apart as can be.
        plan.start_block = (seeds.next() % blocks + index * (blocks / used)) % blocks;
        if (settings_.integrity) {
            plan.blocks = ledgers_[index].size();
            plan.first_block = index * plan.blocks;
            plan.ledger = &ledgers_[index];
        }
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

void AccessWorkload::note(std::span<const LoopTally* const> tallies) {
    for (const LoopTally* tally : tallies) {
        issued_ += tally->issued;
        failed_ += tally->failed;
        for (const SlotContent& content : tally->contents) {
            if (content.direction == Direction::read)
                ++checked_blocks_;
            else if (last_writes_.contents.size() < kLastWritesKept)
                last_writes_.contents.push_back(content);
        }
    }
}

Expected<RoundResult> AccessWorkload::measure(std::size_t case_index, const RoundRequest& request) {
    const AccessCase& access = settings_.cases[case_index];
    const AccessMetrics& metrics = settings_.style->metrics;
    const auto before = disk_ ? disk_->counters(host_.files) : std::nullopt;
    const double latest = latest_rates_[case_index];
    const RoundTimes times =
        round_times(host_.clock, request,
                    latest > 0 ? ramp_for(latest, in_flight(access)) : std::chrono::nanoseconds{});
    ASSAY_TRY(const auto tallies, run_workers(access, times, request));
    const auto after = disk_ ? disk_->counters(host_.files) : std::nullopt;
    RoundFacts facts = facts_of(*settings_.style, access, tallies, times, host_.clock,
                                settings_.path, disk_, before, after);
    facts.polling = settings_.polling;
    facts.device_polls = device_polls_;
    facts.is_limited =
        std::ranges::find(findings_, "cgroup_io_limit", &Finding::id) != findings_.end();
    if (settings_.polling == Polling::iopoll && facts.tally.first_errno == EOPNOTSUPP)
        return failure(ErrorKind::unsupported,
                       "--polling iopoll: the device under " + settings_.path +
                           " has no poll queues (NVMe has, with nvme.poll_queues); leave "
                           "--polling out",
                       EOPNOTSUPP);
    written_bytes_ += facts.tally.issued_writes * access.block_bytes;
    if (before && after) {
        counters_known_ = true;
        device_operations_ += after->reads - before->reads + after->writes - before->writes;
    }
    RoundResult result;
    result.findings = judge_round(facts);
    const std::uint64_t count = facts.tally.counted();
    if (count == 0 && facts.tally.still_flying > 0)
        return failure(ErrorKind::timed_out,
                       "not one of the " + std::string(settings_.style->verb) + " on " +
                           settings_.path +
                           " came back inside the round; give a longer --duration, or look into "
                           "the kernel log (dmesg)");
    const double rate = facts.operations_per_s;
    latest_rates_[case_index] = rate;
    if (count == 0)
        return result;
    case_rates_[case_index].push_back(rate);
    if (metrics.iops != nullptr)
        result.values.push_back({metrics.iops, rate});
    if (metrics.bandwidth != nullptr)
        result.values.push_back(
            {metrics.bandwidth, rate * static_cast<double>(access.block_bytes)});
    // Of operations that never started nobody knows how long they would have taken.
    if (access.batching == Batching::latency && facts.tally.never_issued == 0)
        add_latencies(facts, metrics, result);
    return result;
}

std::size_t AccessWorkload::in_flight(const AccessCase& access) const {
    return settings_.threads * access.depth;
}

// An open loop has as many operations as its rate says, however slow the device.
std::chrono::nanoseconds AccessWorkload::least_round(std::size_t case_index) const {
    const AccessCase& access = settings_.cases[case_index];
    if (access.rate != 0)
        return {};
    return round_for(latest_rates_[case_index], in_flight(access));
}

std::chrono::nanoseconds AccessWorkload::shortest_round(std::size_t case_index) const {
    const AccessCase& access = settings_.cases[case_index];
    const double rate = latest_rates_[case_index];
    if (access.rate != 0 || rate <= 0)
        return kShortestRound;
    return round_for(rate, in_flight(access), kLeastOperationsOfARound);
}

// A limiter whose slice (100 ms) holds fewer operations than a pass has makes each pass wait for
// two of them; any other device is through with all passes at its own rate.
std::chrono::nanoseconds AccessWorkload::verify_time() const {
    constexpr double kSlicesPerS = 10;
    const double rate = latest_rates_.front();
    if (target_->payload == nullptr || rate <= 0)
        return {};
    const AccessCase& access = settings_.cases.front();
    if (settings_.integrity) {
        std::size_t blocks = 0;
        for (const auto& ledger : ledgers_)
            blocks += ledger.size();
        return ramp_for(rate, blocks);
    }
    const std::size_t depth = std::min(access.depth, kVerifyDepth);
    const auto passes = static_cast<std::int64_t>((kVerifiedBlocks + depth - 1) / depth);
    const bool waits = rate / kSlicesPerS < static_cast<double>(2 * depth);
    const std::chrono::milliseconds slices(waits ? 200 : 0);
    const std::chrono::nanoseconds pass = ramp_for(rate, 2 * depth) + slices;
    // The last pass begins inside the time and is not cut.
    const std::chrono::nanoseconds samples =
        std::min<std::chrono::nanoseconds>(kVerifyTime + pass, passes * pass);
    return settings_.writes() ? samples + ramp_for(rate, kLastWritesKept) : samples;
}

// The workers compare what they read with the payload after every round; short extra passes of
// reads make that a few hundred random blocks at least.
Expected<void> AccessWorkload::verify() {
    const std::string verb(settings_.style->verb);
    if (failed_ != 0)
        return failure(ErrorKind::io, std::to_string(failed_) + " of " + std::to_string(issued_) +
                                          " " + verb + " on " + settings_.path +
                                          " failed; read the kernel log (dmesg)");
    if (counters_known_ && device_operations_ == 0)
        return failure(ErrorKind::unavailable,
                       "the counters of " + disk_->name + " did not move during " +
                           std::to_string(issued_) + " " + verb + " on " + settings_.path +
                           ": something above the device answered (or its queue/iostats is 0)");
    if (target_->payload == nullptr)
        return {};
    if (settings_.integrity)
        return read_everything_back();
    if (settings_.writes())
        ASSAY_TRY_VOID(read_last_writes_back());
    // What a device held before is nobody's payload.
    return target_->kind == TargetKind::file ? read_samples_back() : Expected<void>();
}

Expected<void> AccessWorkload::read_samples_back() {
    const auto until = Time::now() + kVerifyTime;
    RoundRequest pass;
    pass.duration = kVerifyPass;
    const std::uint64_t enough = checked_blocks_ + kVerifiedBlocks;
    AccessCase access = settings_.cases.front();
    access.depth = std::min(access.depth, kVerifyDepth);
    access.rate = 0;
    for (pass.seed = settings_.seed; checked_blocks_ < enough && Time::now() < until; ++pass.seed) {
        const RoundTimes times = round_times(host_.clock, pass);
        LoopPlan plan = plan_of(access, times, pass);
        plan.read_ratio = 1;
        plan.order = AccessOrder::random;
        plan.seed = pass.seed;
        workers_.front()->begin(plan);
        ASSAY_TRY(const LoopTally* tally, workers_.front()->wait(times.wait_deadline));
        note({&tally, 1});
    }
    if (failed_ != 0 || checked_blocks_ == 0)
        return failure(ErrorKind::io, "reading back the test file in " + settings_.path +
                                          " failed; read the kernel log (dmesg)");
    return {};
}

// Two writes of one round may have been in flight to one block, so any of that round is right, and
// none before.
Expected<void> AccessWorkload::read_last_writes_back() {
    std::vector<Piece> pieces;
    for (const SlotContent& content : last_writes_.contents)
        pieces.push_back({content.offset,
                          std::min<std::uint64_t>(last_writes_.block_bytes, 4096),
                          {last_writes_.first_sequence}});
    return read_back(target_, std::move(pieces), Time::now() + kReadBackPatience, {});
}

// A block that this run never wrote still holds the fill, sequence 1; of a device nobody knows.
Expected<void> AccessWorkload::read_everything_back() {
    const std::uint64_t block = settings_.cases.front().block_bytes;
    const std::uint64_t blocks_at_once = std::max<std::uint64_t>(1, kMiB / block);
    std::vector<Piece> pieces;
    std::uint64_t number = 0;
    for (const auto& ledger : ledgers_)
        for (const std::uint64_t sequence : ledger) {
            const bool is_known = sequence != 0 || target_->kind == TargetKind::file;
            const bool is_next = !pieces.empty() &&
                                 pieces.back().offset + pieces.back().bytes == number * block &&
                                 pieces.back().least_sequences.size() < blocks_at_once;
            if (is_known && !is_next)
                pieces.push_back({number * block, 0, {}});
            if (is_known) {
                pieces.back().bytes += block;
                pieces.back().least_sequences.push_back(sequence);
            }
            ++number;
        }
    return read_back(target_, std::move(pieces), Time::now() + kReadAllPatience, {});
}

}  // namespace assay::storage
