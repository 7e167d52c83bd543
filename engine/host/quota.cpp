#include "engine/host/quota.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "engine/core/units.h"

namespace assay::host {
namespace {

// The kernel's default period (cpu.max, cpu.cfs_period_us); another one is rare and only makes the
// edges a little less even.
constexpr std::chrono::nanoseconds kQuotaPeriod{100 * kNanosecondsPerMillisecond};
// Wide vector units take some 20 us to power up and the clock up to a few ms to settle.
constexpr std::chrono::nanoseconds kShortestLeadIn{kNanosecondsPerMillisecond};
constexpr std::chrono::nanoseconds kLongestLeadIn{10 * kNanosecondsPerMillisecond};
constexpr int kLeadInShare = 20;  // of the window: 5 %

}  // namespace

std::optional<Finding> quota_finding(const Host& host) {
    const std::size_t allowed = host.topology.allowed_cpus().size();
    if (!host.cgroup.cpu_quota || host.effective_cpus() >= static_cast<double>(allowed))
        return std::nullopt;
    char effective[32];
    std::snprintf(effective, sizeof effective, "%.2f", host.effective_cpus());
    return make_finding("cgroup_quota", "The control group " + host.cgroup.cpu_quota_group +
                                            " gives this process " + effective +
                                            " effective CPUs of the " + std::to_string(allowed) +
                                            " that it may run on.");
}

WindowRequest cpu_bound_window(const CgroupLimits& limits, WindowRequest request) {
    if (limits.cpu_quota) {
        const auto periods =
            (request.duration + kQuotaPeriod - std::chrono::nanoseconds(1)) / kQuotaPeriod;
        request.duration = std::max<std::int64_t>(1, periods) * kQuotaPeriod;
        request.lead_in = kQuotaPeriod;
    } else {
        request.lead_in =
            std::clamp(request.duration / kLeadInShare, kShortestLeadIn, kLongestLeadIn);
    }
    return request;
}

}  // namespace assay::host
