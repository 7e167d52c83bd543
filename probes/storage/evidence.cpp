#include "probes/storage/evidence.h"

#include <cmath>
#include <cstdio>
#include <system_error>

#include "engine/core/units.h"
#include "probes/storage/device_judges.h"
#include "probes/storage/latency_judges.h"
#include "probes/storage/number_text.h"
#include "probes/storage/series_judges.h"

namespace assay::storage {
namespace {

constexpr double kTolerance = 0.01;
// A filesystem's own look-ups (an extent block, an inode) are no disturbance.
constexpr double kIgnoredBytes = 16 * 4096;
constexpr double kBusyRatio = 0.9;
constexpr std::uint64_t kFewestOfARound = 40;
constexpr double kLeastWindow_s = 0.199;
constexpr double kLittleTolerance = 0.02;
constexpr std::int64_t kLimiterPauseNs = 300 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kSectorOfCounters = 512;

// What the device counted in the directions that the style uses: a filesystem writes its journal
// while we only read.
std::uint64_t device_bytes(const RoundFacts& facts) {
    std::uint64_t sectors = 0;
    if (facts.style->read_ratio > 0)
        sectors += facts.after->sectors_read - facts.before->sectors_read;
    if (facts.style->writes())
        sectors += facts.after->sectors_written - facts.before->sectors_written;
    return sectors * kSectorOfCounters;
}

}  // namespace

std::optional<Finding> judge_traffic(const RoundFacts& facts) {
    if (!facts.disk || !facts.before || !facts.after || facts.tally.failed != 0)
        return std::nullopt;
    const std::uint64_t device = device_bytes(facts);
    const auto issued = static_cast<double>(facts.issued_bytes());
    const auto seen = static_cast<double>(device);
    if (issued == 0 || std::abs(seen - issued) <= std::max(kIgnoredBytes, issued * kTolerance))
        return std::nullopt;
    const std::string message = "the counters of " + facts.disk->name + " show " +
                                std::to_string(device) + " B where we moved " +
                                std::to_string(facts.issued_bytes()) + " B (" +
                                percent_text(seen / issued) + ")";
    if (seen < issued && facts.disk->is_simple)
        return make_finding("cached_direct_io", message);
    return make_finding("device_traffic_differs", message);
}

std::optional<Finding> judge_failures(const RoundFacts& facts) {
    const LoopTally& tally = facts.tally;
    if (tally.failed == 0)
        return std::nullopt;
    std::string message = std::to_string(tally.failed) + " of " + std::to_string(tally.issued) +
                          " " + std::string(facts.style->verb) + " on " + facts.path +
                          " failed, the first at byte " + std::to_string(tally.first_failed_offset);
    if (tally.short_transfers != 0)
        message += "; " + std::to_string(tally.short_transfers) + " of them were cut short";
    if (tally.first_errno != 0)
        message += "; the first error was: " + std::generic_category().message(tally.first_errno);
    return make_finding("io_errors", message);
}

std::optional<Finding> judge_cpu(const RoundFacts& facts) {
    if (facts.busiest_cpu_ratio <= kBusyRatio)
        return std::nullopt;
    return make_finding("tool_bound", "a measuring thread was busy for " +
                                          percent_text(facts.busiest_cpu_ratio) + " of the round");
}

std::optional<Finding> judge_start(const RoundFacts& facts) {
    if (!facts.tally.began_late)
        return std::nullopt;
    return make_finding("preempted",
                        "a measuring thread got its CPU only after the round's window had begun");
}

std::optional<Finding> judge_write_limit(const RoundFacts& facts) {
    if (!facts.tally.hit_write_limit)
        return std::nullopt;
    char text[96];
    std::snprintf(
        text, sizeof text, "the round ended after %.2f s, when %llu B were written", facts.window_s,
        static_cast<unsigned long long>(facts.tally.issued_writes * facts.access.block_bytes));
    return make_finding("write_limit", text);
}

std::vector<Finding> judge_round_series(const RoundFacts& facts) {
    std::vector<Finding> findings;
    const auto slice_ns =
        static_cast<std::int64_t>(facts.slice_s * static_cast<double>(kNanosecondsPerSecond));
    std::vector<double> operations;
    for (const Histogram& slice : facts.tally.slices)
        operations.push_back(static_cast<double>(slice.count()));
    const bool is_open = facts.access.rate != 0;
    if (!is_open)
        if (auto finding = judge_throttle(operations, slice_ns))
            findings.push_back(std::move(*finding));
    bool is_throttled = !findings.empty();
    // Shorter slices tell of the host's own restlessness.
    if (!is_open && slice_ns >= kNanosecondsPerSecond)
        if (auto finding =
                judge_change({operations, Better::higher, "operations of the round", slice_ns}))
            findings.push_back(std::move(*finding));
    std::vector<Pause> pauses;
    const auto ns_of = [&](std::uint64_t ticks) {
        return static_cast<std::int64_t>(static_cast<double>(ticks) * facts.ns_per_tick);
    };
    for (const SlowOperation& slow : facts.tally.slowest)
        pauses.push_back(
            {ns_of(slow.latency_ticks), ns_of(slow.after_ticks) - ns_of(slow.latency_ticks)});
    if (!is_open && !is_throttled && facts.window_s > 0) {
        Histogram all = facts.tally.service_ticks[0];
        all.merge(facts.tally.service_ticks[1]);
        if (auto finding =
                judge_bursts(all, facts.ns_per_tick,
                             facts.window_s * static_cast<double>(kNanosecondsPerSecond))) {
            findings.push_back(std::move(*finding));
            is_throttled = true;
        }
    }
    // A limiter lets its queue wait for the next of its slices; that is no stall of the device.
    if (is_throttled)
        std::erase_if(pauses,
                      [](const Pause& pause) { return pause.duration_ns < kLimiterPauseNs; });
    const Histogram& usual = facts.tally.service_ticks[facts.style->read_ratio > 0 ? 0 : 1];
    if (const auto median = usual.quantile(0.5); median && *median > 0)
        if (auto finding = judge_stall(pauses, *median * facts.ns_per_tick))
            findings.push_back(std::move(*finding));
    return findings;
}

std::vector<Finding> judge_sizes(const RoundFacts& facts) {
    if (!facts.disk || !facts.disk->is_simple || !facts.before || !facts.after ||
        facts.tally.failed != 0)
        return {};
    OperationCounts counts;
    counts.issued = facts.tally.issued;
    counts.issued_bytes = facts.issued_bytes();
    counts.device_bytes = device_bytes(facts);
    counts.disk = facts.disk->name;
    if (facts.style->read_ratio > 0) {
        counts.device += facts.after->reads - facts.before->reads;
        counts.device_merges += facts.after->reads_merged - facts.before->reads_merged;
    }
    if (facts.style->writes()) {
        counts.device += facts.after->writes - facts.before->writes;
        counts.device_merges += facts.after->writes_merged - facts.before->writes_merged;
    }
    return judge_operation_sizes(counts);
}

std::optional<Finding> judge_offered_rate(const RoundFacts& facts) {
    if (facts.access.rate == 0)
        return std::nullopt;
    OpenLoop loop;
    loop.offered_per_s = static_cast<double>(facts.access.rate);
    loop.achieved_per_s = facts.operations_per_s;
    loop.never_started = facts.tally.never_issued;
    loop.window_ns =
        static_cast<std::int64_t>(facts.window_s * static_cast<double>(kNanosecondsPerSecond));
    return judge_rate(loop);
}

std::optional<Finding> judge_count(const RoundFacts& facts) {
    const std::uint64_t count = facts.tally.counted();
    if (facts.access.rate != 0 || facts.tally.failed != 0 || count >= kFewestOfARound)
        return std::nullopt;
    const std::string verb(facts.style->verb);
    std::string text =
        count == 0 ? "not one of the " + verb : "only " + std::to_string(count) + " " + verb;
    text += " came back inside the window of " + number_text(facts.window_s) + " s";
    if (count > 0)
        text += ": one more or less is " + number_text(100.0 / static_cast<double>(count)) + " %";
    return make_finding("too_few_operations", text);
}

std::optional<Finding> judge_books(const RoundFacts& facts) {
    const double residual = facts.tally.little_residual.value_or(0);
    if (residual <= kLittleTolerance)
        return std::nullopt;
    return make_finding("books_contradict", std::string(facts.style->verb) +
                                                " in flight and their latencies contradict each "
                                                "other by " +
                                                number_text(residual * 100) + " % (Little's law)");
}

std::optional<Finding> judge_window(const RoundFacts& facts) {
    if (facts.access.rate != 0 || facts.tally.hit_write_limit || facts.window_s >= kLeastWindow_s)
        return std::nullopt;
    Finding finding =
        make_finding("short_window", "the window of " + number_text(facts.window_s * 1000) +
                                         " ms is shorter than two slices of a limiter (200 ms)");
    if (facts.is_limited)  // then it counts the burst, not the limit
        finding.severity = Severity::invalid;
    return finding;
}

std::optional<Finding> judge_poller(const RoundFacts& facts) {
    if (facts.polling != Polling::iopoll)
        return std::nullopt;
    return judge_polling(
        {facts.device_polls, facts.tally.cpu_ns + facts.tally.looking_ns, facts.tally.wall_ns});
}

// A device with a fast and a slow part shows it to single reads; in a queue they hide in waiting.
std::optional<Finding> judge_populations(const RoundFacts& facts) {
    const bool is_single = facts.access.depth == 1 && facts.access.rate == 0;
    if (!is_single || facts.style->order != AccessOrder::random || facts.style->writes())
        return std::nullopt;
    return judge_modes(facts.tally.service_ticks[0], facts.ns_per_tick);
}

std::vector<Finding> judge_round(const RoundFacts& facts) {
    std::vector<Finding> findings;
    for (const auto judge : {&judge_start, &judge_cpu, &judge_failures, &judge_traffic,
                             &judge_write_limit, &judge_count, &judge_window, &judge_books,
                             &judge_offered_rate, &judge_poller, &judge_populations})
        if (auto finding = judge(facts))
            findings.push_back(std::move(*finding));
    for (const auto judge : {&judge_round_series, &judge_sizes})
        for (Finding& finding : judge(facts))
            findings.push_back(std::move(finding));
    return findings;
}

}  // namespace assay::storage
