#include <algorithm>
#include <array>

#include "engine/score/recommend.h"

/// How the target behaved while it was measured.
namespace assay::score {
namespace {

using enum RecommendationKind;
using enum AmountStyle;

constexpr std::string_view kSync = "storage.fsync.latency";

void compare_syncs(const Evidence& evidence, std::vector<Recommendation>& into) {
    // Below a fifth, the next run may say otherwise.
    constexpr double kNoticeable = 1.2;
    const auto source = median_of(evidence.source, kSync);
    const auto target = median_of(evidence.target, kSync);
    if (source && target && *target > kNoticeable * *source)
        into.push_back({"slower_fsync",
                        warning,
                        Concern::caution,
                        "storage",
                        "fsync takes {} on the target, {} on the source ({} as long) - commits of "
                        "databases and consensus logs wait for it",
                        {{*target, time}, {*source, time}, {*target / *source, factor}},
                        std::string(kSync)});
}

/// One per metric: the worst of its conditions.
void judge_tails(const Evidence& evidence, std::vector<Recommendation>& into) {
    constexpr double kLongTail = 10;               // consensus-benchmarker: p99 > 10 x p50
    constexpr std::size_t kMiddle = 0, kTail = 4;  // p50 and p99 in kPercentileNames
    std::vector<Recommendation> found;
    for (const ProbeResult& probe : evidence.target.probes)
        for (const Measurement& measurement : probe.measurements) {
            if (!measurement.percentiles || measurement.unit != Unit::nanoseconds)
                continue;
            const auto middle = measurement.percentiles->values[kMiddle];
            const auto tail = measurement.percentiles->values[kTail];
            if (!middle || !tail || !(*middle > 0) || *tail <= kLongTail * *middle)
                continue;
            Recommendation row{"latency_tail",
                               warning,
                               Concern::caution,
                               measurement.metric.substr(0, measurement.metric.find('.')),
                               "LATENCY_TAIL: p99 of " + quoted(measurement.metric) +
                                   " is {}, {} its median of {}",
                               {{*tail, time}, {*tail / *middle, factor}, {*middle, time}},
                               measurement.metric};
            const auto same = std::ranges::find(found, row.evidence, &Recommendation::evidence);
            if (same == found.end())
                found.push_back(std::move(row));
            else if (same->amounts[1].value < row.amounts[1].value)
                *same = std::move(row);
        }
    into.insert(into.end(), found.begin(), found.end());
}

void judge_falls(const Evidence& evidence, std::vector<Recommendation>& into) {
    constexpr double kSustained = 0.8;  // consensus-benchmarker: optimal < 0.8 x maximum
    const auto burst = median_of(evidence.target, "cpu.flops.burst");
    const auto sustained = median_of(evidence.target, "cpu.flops.sustained");
    if (burst && sustained && *sustained < kSustained * *burst)
        into.push_back({"throughput_degradation",
                        warning,
                        Concern::serious,
                        "cpu",
                        "THROUGHPUT_DEGRADATION: the sustained compute rate is {} below the first "
                        "second's",
                        {{1 - *sustained / *burst, percent}},
                        "cpu.flops.sustained"});
    for (const std::string_view id :
         {"performance_fell", "quota_throttled", "steal_rose", "heat_throttled", "clock_fell",
          "cpu_time_fell", "drifting", "left_steady_state"})
        if (const Finding* finding = finding_in(evidence.target, id))
            into.push_back({"throughput_degradation",
                            warning,
                            Concern::serious,
                            "",
                            "THROUGHPUT_DEGRADATION: " + quoted(finding->message),
                            {},
                            std::string(id)});
}

void judge_constraints(const Evidence& evidence, std::vector<Recommendation>& into) {
    for (const std::string_view id : {"cgroup_quota", "cgroup_io_limit", "cgroup_memory_limit",
                                      "other_load", "guard_paused", "throttled_volume"})
        if (const Finding* finding = finding_in(evidence.target, id))
            into.push_back({"resource_constraint",
                            warning,
                            Concern::caution,
                            "",
                            "RESOURCE_CONSTRAINT: " + quoted(finding->message),
                            {},
                            std::string(id)});
}

void judge_steal(const Evidence& evidence, std::vector<Recommendation>& into) {
    const RefusedRounds rounds = refused_rounds(evidence.target, "steal");
    if (rounds.refused > 0)
        into.push_back({"stolen_time",
                        warning,
                        Concern::caution,
                        "cpu",
                        "The target's hypervisor took CPU time in {} of {} rounds - reserve CPUs "
                        "before a failover needs them",
                        {{static_cast<double>(rounds.refused), count},
                         {static_cast<double>(rounds.all), count}},
                        "steal"});
    else if (finding_in(evidence.target, "steal") != nullptr)
        into.push_back({"stolen_time",
                        warning,
                        Concern::caution,
                        "cpu",
                        "The target's hypervisor took CPU time - reserve CPUs before a failover "
                        "needs them",
                        {},
                        "steal"});
}

/// Numbers that a power cut would make worthless.
void judge_durability(const Evidence& evidence, std::vector<Recommendation>& into) {
    for (const std::string_view id : {"flush_swallowed", "barriers_off", "memory_backed",
                                      "io_errors", "raid_degraded", "flush_suspicious"})
        if (const Finding* finding = finding_in(evidence.target, id))
            into.push_back({"data_at_risk",
                            critical_warning,
                            Concern::serious,
                            "storage",
                            "Data on the target is at risk: " + quoted(finding->message),
                            {},
                            std::string(id)});
}

constexpr std::array kRules{
    Rule{"slower_fsync", "Syncs take noticeably longer on the target.", &compare_syncs},
    Rule{"latency_tail", "LATENCY_TAIL: p99 is over ten times the median.", &judge_tails},
    Rule{"throughput_degradation", "THROUGHPUT_DEGRADATION: the rate falls under lasting load.",
         &judge_falls},
    Rule{"resource_constraint", "RESOURCE_CONSTRAINT: a limit or another load holds the target.",
         &judge_constraints},
    Rule{"stolen_time", "The hypervisor took CPU time on the target.", &judge_steal},
    Rule{"data_at_risk", "The target may lose what it was told to keep.", &judge_durability},
};

}  // namespace

std::span<const Rule> behaviour_rules() {
    return kRules;
}

}  // namespace assay::score
