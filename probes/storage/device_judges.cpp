#include "probes/storage/device_judges.h"

#include <algorithm>
#include <cmath>

#include "engine/core/units.h"
#include "probes/storage/number_text.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t kFewestSyncs = 20;
constexpr double kFastestHonestSyncNs = 20.0 * kNanosecondsPerMicrosecond;
constexpr double kRateTolerance = 0.001;
constexpr double kPollingRatio = 0.9;
constexpr double kSizeTolerance = 0.01;
// The smallest operation that others can add to the device's count.
constexpr double kSectorBytes = 512;

double ratio_of(std::uint64_t part, std::uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<Finding> judge_flushes(const FlushEvidence& evidence) {
    std::vector<Finding> findings;
    if (evidence.write_cache != "write back" || evidence.is_memory || evidence.syncs == 0)
        return findings;
    if (evidence.device_flushes == 0)
        findings.push_back(make_finding(
            "flush_swallowed", "none of " + std::to_string(evidence.syncs) + " syncs reached " +
                                   evidence.disk +
                                   " as a flush, though its write cache is \"write back\""));
    if (evidence.syncs >= kFewestSyncs && evidence.median_sync_ns &&
        *evidence.median_sync_ns < kFastestHonestSyncNs)
        findings.push_back(make_finding(
            "flush_suspicious", "the median of " + std::to_string(evidence.syncs) + " syncs is " +
                                    duration_text(*evidence.median_sync_ns) +
                                    ", though the write cache of " + evidence.disk +
                                    " is \"write back\""));
    return findings;
}

std::optional<Finding> judge_rate(const OpenLoop& loop) {
    const double difference_per_s = std::abs(loop.achieved_per_s - loop.offered_per_s);
    const double difference = difference_per_s * to_seconds(loop.window_ns);
    // Where operations come in the window decides whether one more fits.
    const bool is_off = difference > 1 && difference_per_s > loop.offered_per_s * kRateTolerance;
    if (!is_off && loop.never_started == 0)
        return std::nullopt;
    std::string message = "asked for " + number_text(loop.offered_per_s) + " op/s, achieved " +
                          number_text(loop.achieved_per_s) + " op/s";
    if (loop.never_started != 0)
        message +=
            "; " + std::to_string(loop.never_started) + " operations were due and never started";
    return make_finding("rate_not_kept", message);
}

std::optional<Finding> judge_polling(const PollingEvidence& polling) {
    if (polling.device_polls == false)
        return make_finding("polling_ineffective",
                            "polling was asked for, but the device has no poll queues (io_poll is "
                            "0)");
    if (polling.wall_ns <= 0)
        return std::nullopt;
    const double busy = static_cast<double>(polling.cpu_ns) / static_cast<double>(polling.wall_ns);
    if (busy >= kPollingRatio)
        return std::nullopt;
    return make_finding("polling_ineffective",
                        "polling was asked for, but the polling threads were busy for " +
                            percent_text(busy) + " of the round only");
}

std::vector<Finding> judge_operation_sizes(const OperationCounts& counts) {
    std::vector<Finding> findings;
    if (counts.issued == 0 || counts.issued_bytes == 0 || counts.device == 0)
        return findings;
    const double ours_bytes = ratio_of(counts.issued_bytes, counts.issued);
    const double theirs_bytes = ratio_of(counts.device_bytes, counts.device);
    const std::string sizes = number_text(ours_bytes) + " B as issued, " +
                              number_text(theirs_bytes) + " B at " + counts.disk;
    const auto issued = static_cast<double>(counts.issued);
    const double foreign_bytes = std::max(
        0.0, static_cast<double>(counts.device_bytes) - static_cast<double>(counts.issued_bytes));
    const double foreign = foreign_bytes / kSectorBytes;
    if (static_cast<double>(counts.device) > issued * (1 + kSizeTolerance) + foreign &&
        theirs_bytes < ours_bytes * (1 - kSizeTolerance))
        findings.push_back(
            make_finding("io_split", std::to_string(counts.issued) + " operations became " +
                                         std::to_string(counts.device) + ": " + sizes));
    const bool are_fewer_and_larger =
        static_cast<double>(counts.device) < issued * (1 - kSizeTolerance) &&
        theirs_bytes > ours_bytes * (1 + kSizeTolerance);
    if (static_cast<double>(counts.device_merges) > issued * kSizeTolerance + foreign ||
        are_fewer_and_larger)
        findings.push_back(make_finding("io_merged", std::to_string(counts.device_merges) + " of " +
                                                         std::to_string(counts.issued) +
                                                         " operations were merged: " + sizes));
    return findings;
}

}  // namespace assay::storage
