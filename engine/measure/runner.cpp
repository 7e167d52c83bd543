#include "engine/measure/runner.h"

#include <sys/random.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/environment.h"
#include "engine/measure/session.h"

namespace assay::measure {
namespace {

constexpr std::chrono::nanoseconds kMonitorInterval = std::chrono::seconds(1);
constexpr std::int64_t kMostMonitorRows =
    7200;  // two hours at 1 Hz; a longer run is watched less often

std::string new_uuid() {
    std::uint8_t bytes[16] = {};
    // 16 bytes of getrandom never come short once the pool is ready; if the call is refused the
    // clock still tells runs apart.
    if (getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
        for (std::size_t index = 0; index < sizeof bytes; ++index)
            bytes[index] =
                static_cast<std::uint8_t>(derive_seed(host::Clock::raw_nanoseconds(), index));
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // RFC 4122: version 4
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // and its variant
    std::string text;
    for (std::size_t index = 0; index < sizeof bytes; ++index) {
        char pair[3];
        std::snprintf(pair, sizeof pair, "%02x", bytes[index]);
        if (index == 4 || index == 6 || index == 8 || index == 10)
            text += '-';
        text += pair;
    }
    return text;
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);  // fails only for years beyond int
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

Run empty_run(const host::Host& host, const RunPlan& plan) {
    Run run;
    run.run_id = new_uuid();
    run.label = plan.label;
    run.tool_version = std::string(ASSAY_VERSION);
    run.started_at = utc_now();
    run.profile_name = plan.profile_name;
    run.budget_s = to_seconds(plan.budget_ns);
    run.seed = plan.seed;
    run.environment =
        host::read_environment(host.files, host.topology, host.cgroup, {.path = plan.path});
    return run;
}

std::vector<Finding> run_findings(const host::Host& host, bool guard_sees,
                                  std::chrono::nanoseconds paused) {
    std::vector<Finding> findings;
    if (!host.clock.uses_tsc())
        findings.push_back(make_finding("clock_fallback", "Times come from CLOCK_MONOTONIC_RAW."));
    if (!guard_sees)
        findings.push_back(make_finding("guard_blind", "proc/pressure is not readable."));
    if (host.cgroup.cpu_quota) {
        char text[64];
        std::snprintf(text, sizeof text, "%.2f effective CPUs of %zu, by the quota of ",
                      host.effective_cpus(), host.topology.allowed_cpus().size());
        findings.push_back(make_finding("cgroup_quota", text + host.cgroup.cpu_quota_group + "."));
    }
    if (host.cgroup.memory_limit_bytes)
        findings.push_back(make_finding(
            "cgroup_memory_limit", std::to_string(*host.cgroup.memory_limit_bytes / kMiB) +
                                       " MiB, by the limit of " + host.cgroup.memory_limit_group +
                                       "."));
    if (paused > std::chrono::milliseconds(0)) {
        char text[64];
        std::snprintf(text, sizeof text, "The run was paused for %.1f s in all.",
                      to_seconds(paused.count()));
        findings.push_back(make_finding("guard_paused", text));
    }
    return findings;
}

bool is_valid(const Run& run) {
    for (const ProbeResult& probe : run.probes) {
        // Measured, and nothing came of it: a run that is called valid would pass for one of it.
        if (probe.status == ProbeStatus::measured && probe.measurements.empty())
            return false;
        for (const Measurement& measurement : probe.measurements)
            for (const Finding& finding : measurement.findings)
                if (finding.severity == Severity::invalid)
                    return false;
    }
    return true;
}

}  // namespace

std::vector<ProbeChecks> check_probes(const host::Host& host, const RunPlan& plan) {
    const RunContext context{.host = host,
                             .stop = {},
                             .prepare_deadline = std::chrono::steady_clock::now(),
                             .memory_allowance_bytes = host.memory_allowance_bytes()};
    std::vector<ProbeChecks> all;
    for (const ProbeRequest& row : plan.probes)
        all.push_back({row.probe->id, row.probe->check(context, row.request)});
    return all;
}

Expected<Run> take_run(const host::Host& host, const RunPlan& plan, std::stop_token stop,
                       const Observer& observer) {
    return take_run(host, plan, std::move(stop), observer, real_pace());
}

Expected<Run> take_run(const host::Host& host, const RunPlan& plan, std::stop_token stop,
                       const Observer& observer, const Pace& pace) {
    if (plan.probes.empty())
        return failure(ErrorKind::usage, "No probe was chosen; `assay list` shows them all");
    const TimePoint start = pace.now();
    Run run = empty_run(host, plan);
    // One stop for two reasons: somebody asked, or the host runs out of memory.
    std::stop_source stopper;
    const std::stop_callback forward(stop, [&stopper] { stopper.request_stop(); });
    MemoryAlarm alarm(GuardLimits{}.memory_stall_ratio, [&stopper] { stopper.request_stop(); });
    const std::chrono::nanoseconds interval =
        std::max(kMonitorInterval, std::chrono::nanoseconds(plan.budget_ns / kMostMonitorRows));
    ResourceMonitor monitor(host, interval,
                            [&alarm](std::optional<double> stall) { alarm.note(stall); });
    Session session(host, plan, stopper.get_token(), observer, pace, start);
    auto taken = session.take();
    run.resources = monitor.finish();
    if (alarm.raised())
        return failure(ErrorKind::try_again,
                       "The run stopped to protect other work on this host: tasks were stalled on "
                       "memory for over 20 % of "
                       "two seconds. Free memory, or try again in a quieter hour");
    if (!taken)
        return std::unexpected(taken.error());
    run.probes = std::move(*taken);
    run.findings = run_findings(host, session.guard_sees(), session.paused());
    run.findings.insert(run.findings.end(), session.findings().begin(), session.findings().end());
    run.valid = is_valid(run);
    run.duration_s = std::chrono::duration<double>(pace.now() - start).count();
    return run;
}

}  // namespace assay::measure
