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

std::string percent(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", ratio * 100);
    return text;
}

}  // namespace

std::optional<Finding> judge_traffic(const Traffic& traffic) {
    const auto issued = static_cast<double>(traffic.issued_bytes);
    const auto seen = static_cast<double>(traffic.device_bytes);
    if (issued == 0 || std::abs(seen - issued) <= std::max(kIgnoredBytes, issued * kTolerance))
        return std::nullopt;
    const std::string message = "the counters of " + traffic.disk + " show " +
                                std::to_string(traffic.device_bytes) + " B read where we read " +
                                std::to_string(traffic.issued_bytes) + " B (" +
                                percent(seen / issued) + ")";
    if (seen < issued && traffic.is_simple)
        return make_finding("cached_direct_io", message);
    return make_finding("device_traffic_differs", message);
}

std::optional<Finding> judge_failures(const LoopTally& tally, const std::string& path) {
    if (tally.failed == 0)
        return std::nullopt;
    std::string message = std::to_string(tally.failed) + " of " + std::to_string(tally.issued) +
                          " reads of " + path + " failed";
    if (tally.short_transfers != 0)
        message += ", " + std::to_string(tally.short_transfers) + " of them cut short";
    if (tally.first_errno != 0)
        message += "; the first with: " + std::generic_category().message(tally.first_errno);
    return make_finding("io_errors", message);
}

std::optional<Finding> judge_cpu(const LoopTally& tally) {
    if (tally.wall_ns <= 0)
        return std::nullopt;
    const double ratio = static_cast<double>(tally.cpu_ns) / static_cast<double>(tally.wall_ns);
    if (ratio <= kBusyRatio)
        return std::nullopt;
    return make_finding("tool_bound",
                        "a measuring thread was busy for " + percent(ratio) + " of the round");
}

std::optional<Finding> judge_start(const LoopTally& tally) {
    if (!tally.began_late)
        return std::nullopt;
    return make_finding("preempted",
                        "a measuring thread got its CPU only after the round's window had begun");
}

}  // namespace assay::storage
