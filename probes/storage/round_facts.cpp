#include "probes/storage/round_facts.h"

#include <algorithm>

#include "engine/core/units.h"

namespace assay::storage {
namespace {

Histogram all_of(const LoopTally& tally) {
    Histogram all = tally.service_ticks[0];
    all.merge(tally.service_ticks[1]);
    return all;
}

// The series of a round: the rate and the tail of each slice.
std::vector<SeriesPoint> series_of(const RoundFacts& facts) {
    std::vector<SeriesPoint> series;
    for (const Histogram& slice : facts.tally.slices) {
        SeriesPoint point;
        point.per_second = static_cast<double>(slice.count()) / facts.slice_s;
        const auto in_ns = [&](std::optional<double> ticks) {
            return ticks ? std::optional(*ticks * facts.ns_per_tick) : std::nullopt;
        };
        point.p50 = in_ns(slice.quantile(0.5));
        point.p99 = in_ns(slice.quantile(0.99));
        if (const auto most = slice.max())
            point.max = static_cast<double>(*most) * facts.ns_per_tick;
        series.push_back(point);
    }
    return series;
}

std::vector<SlowOperationRecord> slowest_of(const RoundFacts& facts) {
    std::vector<SlowOperationRecord> slowest;
    for (const SlowOperation& slow : facts.tally.slowest)
        slowest.push_back({static_cast<double>(slow.latency_ticks) * facts.ns_per_tick,
                           static_cast<double>(slow.after_ticks) * facts.ns_per_tick /
                               static_cast<double>(kNanosecondsPerSecond),
                           slow.offset, slow.direction == Direction::write ? "write" : "read"});
    return slowest;
}

void merge_slices(LoopTally& sum, const LoopTally& one) {
    if (sum.slices.size() < one.slices.size())
        sum.slices.resize(one.slices.size());
    for (std::size_t index = 0; index < one.slices.size(); ++index)
        sum.slices[index].merge(one.slices[index]);
}

void merge_slowest(LoopTally& sum, const LoopTally& one) {
    sum.slowest.insert(sum.slowest.end(), one.slowest.begin(), one.slowest.end());
    std::sort(sum.slowest.begin(), sum.slowest.end(),
              [](const SlowOperation& left, const SlowOperation& right) {
                  return left.latency_ticks > right.latency_ticks;
              });
    sum.slowest.resize(std::min(sum.slowest.size(), kSlowestKept));
}

// When a thread's operations were done. All that an open loop issues counts, also what comes back
// after the window: a device that falls behind must be given the time that it took. What one
// operation takes at least does not belong to that.
std::uint64_t own_end_of(const LoopTally& tally, std::uint64_t begin) {
    std::uint64_t quickest = ~std::uint64_t{0};
    for (const Histogram& direction : tally.service_ticks)
        quickest = std::min(quickest, direction.min().value_or(quickest));
    const std::uint64_t served = tally.last_done_ticks - std::min(tally.last_done_ticks, quickest);
    return std::max({tally.end_ticks, served, begin + 1});
}

}  // namespace

void merge(LoopTally& sum, const LoopTally& one) {
    for (std::size_t direction = 0; direction < kDirections; ++direction)
        sum.service_ticks[direction].merge(one.service_ticks[direction]);
    sum.response_ticks.merge(one.response_ticks);
    merge_slices(sum, one);
    merge_slowest(sum, one);
    sum.issued += one.issued;
    sum.issued_writes += one.issued_writes;
    sum.short_transfers += one.short_transfers;
    if (sum.first_errno == 0)
        sum.first_errno = one.first_errno;
    if (sum.failed == 0)
        sum.first_failed_offset = one.first_failed_offset;
    sum.failed += one.failed;
    sum.still_flying += one.still_flying;
    sum.never_issued += one.never_issued;
    sum.most_backlog += one.most_backlog;
    sum.cpu_ns += one.cpu_ns;
    sum.looking_ns += one.looking_ns;
    sum.wall_ns += one.wall_ns;
    sum.began_late = sum.began_late || one.began_late;
    sum.hit_write_limit = sum.hit_write_limit || one.hit_write_limit;
    sum.end_ticks = sum.end_ticks == 0 ? one.end_ticks : std::min(sum.end_ticks, one.end_ticks);
    if (one.little_residual)
        sum.little_residual = std::max(sum.little_residual.value_or(0), *one.little_residual);
}

RoundFacts facts_of(const AccessStyle& style, const AccessCase& access,
                    std::span<const LoopTally* const> tallies, const RoundTimes& times,
                    const host::Clock& clock, const std::string& path,
                    const std::optional<CountedDisk>& disk,
                    const std::optional<host::DiskCounters>& before,
                    const std::optional<host::DiskCounters>& after) {
    const double ns_per_tick = clock.ns_per_tick();
    const double s_per_tick = ns_per_tick / static_cast<double>(kNanosecondsPerSecond);
    RoundFacts facts;
    facts.style = &style;
    facts.access = access;
    facts.ns_per_tick = ns_per_tick;
    facts.path = path;
    facts.disk = disk;
    facts.before = before;
    facts.after = after;
    for (const LoopTally* tally : tallies) {
        merge(facts.tally, *tally);
        const std::uint64_t own_end = own_end_of(*tally, times.begin_ticks);
        facts.operations_per_s += static_cast<double>(tally->counted()) /
                                  (static_cast<double>(own_end - times.begin_ticks) * s_per_tick);
        if (tally->wall_ns > 0)
            facts.busiest_cpu_ratio =
                std::max(facts.busiest_cpu_ratio,
                         static_cast<double>(tally->cpu_ns) / static_cast<double>(tally->wall_ns));
    }
    const std::uint64_t end = std::max(facts.tally.end_ticks, times.begin_ticks + 1);
    facts.window_s = static_cast<double>(end - times.begin_ticks) * s_per_tick;
    facts.slice_s = static_cast<double>(times.slice_ticks) * s_per_tick;
    // Slices that the window did not reach hold nothing, which is not the same as 0.
    if (facts.tally.hit_write_limit && times.slice_ticks > 0)
        facts.tally.slices.resize(std::min<std::size_t>(
            facts.tally.slices.size(), (end - times.begin_ticks) / times.slice_ticks));
    return facts;
}

void add_latencies(const RoundFacts& facts, const AccessMetrics& metrics, RoundResult& result) {
    const bool is_open = facts.access.rate != 0;
    const auto add = [&](const Metric* metric, const Histogram& ticks, bool is_primary) {
        if (metric == nullptr || ticks.count() == 0)
            return;
        RoundLatency latency{metric, ticks, facts.ns_per_tick, {}, {}, facts.slice_s};
        if (is_primary) {
            latency.slowest = slowest_of(facts);
            latency.series = series_of(facts);
        }
        result.latencies.push_back(std::move(latency));
    };
    add(metrics.latency, all_of(facts.tally), !is_open);
    add(metrics.read_latency, facts.tally.service_ticks[0], false);
    add(metrics.write_latency, facts.tally.service_ticks[1], false);
    if (is_open)
        add(metrics.response, facts.tally.response_ticks, true);
}

}  // namespace assay::storage
