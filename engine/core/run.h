#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/measurement.h"
#include "engine/core/value.h"

namespace assay {

/// Two runs are compared only if their workload versions are equal. Raised when a probe's work
/// changes meaning.
inline constexpr int kWorkloadVersion = 6;
inline constexpr std::string_view kRunSchema = "assay.run/1";

enum class ProbeStatus {
    measured,
    skipped,
    failed
};  // skipped and failed say why; neither has numbers
std::string_view name_of(ProbeStatus status);
std::optional<ProbeStatus> probe_status_of_name(std::string_view name);

/// What the gates saw during one round. Unknown is nullopt.
struct RoundGates {
    std::optional<double> steal_ratio;  ///< stolen / elapsed CPU time of the CPUs we may use
    std::optional<double>
        gap_ratio;  ///< share of the round in which the clock jumped under a busy thread
    std::optional<double>
        cpu_ratio;  ///< CPU time / wall of the busy threads; 1 = never off the CPU
    std::optional<double>
        throttled_ratio;  ///< cgroup throttled time / wall, can exceed 1 with several CPUs
    std::optional<double> pressure_ratio;  ///< PSI cpu "some" stall time / wall
    std::optional<double>
        clock_drift_ppm;  ///< TSC against the kernel's raw clock since the run began
    bool operator==(const RoundGates&) const = default;
};

/// One timed repetition of one case of a probe, in the order in which it was taken.
struct RoundRecord {
    std::string case_name;
    double started_s = 0;  ///< since the run began
    double duration_s = 0;
    bool valid = true;
    std::vector<std::string> reasons;  ///< ids of the findings that made it invalid
    RoundGates gates;
    bool operator==(const RoundRecord&) const = default;
};

struct ProbeResult {
    std::string id;
    ProbeStatus status = ProbeStatus::measured;
    std::optional<Error> reason;  ///< set unless measured
    std::vector<Measurement> measurements;
    std::vector<RoundRecord> rounds;
};

/// Columns of numbers taken at 1 Hz while the run went on; an unknown cell is nullopt.
struct ResourceSeries {
    double interval_s = 1;
    std::vector<std::string> columns;  ///< unit last: "cpu_busy_ratio", "memory_available_bytes"
    std::vector<std::vector<std::optional<double>>> rows;
    std::optional<double> monitor_cpu_ratio;  ///< CPU time of the monitor itself / wall
    bool operator==(const ResourceSeries&) const = default;
};

/// Everything measured on one host at one time. Scores and verdicts are computed from it, never
/// stored in it.
struct Run {
    std::string run_id;  ///< UUID version 4
    std::string label;
    std::string tool_version;
    int workload_version = kWorkloadVersion;
    std::string started_at;  ///< RFC 3339, UTC
    double duration_s = 0;
    std::string profile_name;
    double budget_s = 0;
    std::uint64_t seed = 0;
    Value environment;  ///< object: host cpu memory numa storage network kernel cgroup
    bool valid = true;
    std::vector<Finding> findings;  ///< of the run as a whole
    std::vector<ProbeResult> probes;
    ResourceSeries resources;

    const ProbeResult* probe(std::string_view id) const;
};

}  // namespace assay
