#include "probes/storage/evidence.h"

#include <cmath>
#include <cstdio>
#include <system_error>

namespace assay::storage {
namespace {

constexpr double kTolerance = 0.01;
// A filesystem's own look-ups (an extent block, an inode) are no disturbance.
constexpr double kIgnoredBytes = 16 * 4096;
constexpr double kBusyRatio = 0.9;
constexpr std::uint64_t kSectorOfCounters = 512;

std::string percent(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", ratio * 100);
    return text;
}

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
                                percent(seen / issued) + ")";
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
                                          percent(facts.busiest_cpu_ratio) + " of the round");
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
    std::snprintf(text, sizeof text, "the round ended after %.2f s, when %llu B were written",
                  facts.window_s,
                  static_cast<unsigned long long>(facts.tally.issued_writes *
                                                  facts.access.block_bytes));
    return make_finding("write_limit", text);
}

std::vector<Finding> judge_round(const RoundFacts& facts) {
    std::vector<Finding> findings;
    for (const auto judge :
         {&judge_start, &judge_cpu, &judge_failures, &judge_traffic, &judge_write_limit})
        if (auto finding = judge(facts))
            findings.push_back(std::move(*finding));
    return findings;
}

}  // namespace assay::storage
