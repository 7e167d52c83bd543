#include "engine/measure/gates.h"

#include <gtest/gtest.h>

#include "engine/core/units.h"

namespace assay::measure {
namespace {

constexpr std::int64_t kSecond = kNanosecondsPerSecond;

GateReading reading(std::int64_t time_ns, std::uint64_t busy, std::uint64_t steal) {
    return {.time_ns = time_ns,
            .cpu = host::CpuTimes{.busy = busy, .idle = 0, .steal = steal},
            .throttling = host::Throttling{},
            .cpu_pressure = host::PressureTotals{.some_us = 0, .full_us = 0}};
}

std::vector<std::string> ids(const GateOutcome& outcome) {
    std::vector<std::string> all;
    for (const Finding& finding : outcome.findings)
        all.push_back(finding.id);
    return all;
}

using Ids = std::vector<std::string>;
const GateLimits kLimits{};
constexpr CpuUse kCleanUse{.wall_ns = 2 * kSecond, .cpu_ns = 2 * kSecond, .gap_ns = 0};

TEST(Gates, a_clean_round_has_no_findings_and_tells_its_ratios) {
    const auto outcome = judge_round(reading(0, 0, 0), reading(kSecond, 200, 0), kCleanUse, 0.5,
                                     host::CgroupLimits{}, kLimits);
    EXPECT_EQ(ids(outcome), Ids{});
    EXPECT_DOUBLE_EQ(outcome.gates.steal_ratio.value(), 0);
    EXPECT_DOUBLE_EQ(outcome.gates.cpu_ratio.value(), 1);
    EXPECT_DOUBLE_EQ(outcome.gates.gap_ratio.value(), 0);
    EXPECT_DOUBLE_EQ(outcome.gates.clock_drift_ppm.value(), 0.5);
}

TEST(Gates, steal_over_the_limit_refuses_the_round) {
    const auto outcome = judge_round(reading(0, 0, 0), reading(10 * kSecond, 1'900, 100),
                                     std::nullopt, std::nullopt, host::CgroupLimits{}, kLimits);
    EXPECT_EQ(ids(outcome), Ids{"steal"});
    EXPECT_DOUBLE_EQ(outcome.gates.steal_ratio.value(), 0.05);
    EXPECT_EQ(outcome.findings[0].severity, Severity::invalid);
}

TEST(Gates, one_stolen_tick_of_a_short_round_is_below_the_counters_resolution) {
    const auto outcome = judge_round(reading(0, 0, 0), reading(kSecond / 4, 49, 1), std::nullopt,
                                     std::nullopt, host::CgroupLimits{}, kLimits);
    EXPECT_EQ(ids(outcome), Ids{});
    EXPECT_DOUBLE_EQ(outcome.gates.steal_ratio.value(), 0.02);
}

TEST(Gates, lost_cpu_time_is_named_preempted_and_gaps_without_it_clock_gaps) {
    const auto before = reading(0, 0, 0), after = reading(kSecond, 200, 0);
    const CpuUse lost{.wall_ns = 2 * kSecond, .cpu_ns = kSecond, .gap_ns = kSecond};
    EXPECT_EQ(ids(judge_round(before, after, lost, std::nullopt, {}, kLimits)), Ids{"preempted"});
    const CpuUse jumped{.wall_ns = 2 * kSecond, .cpu_ns = 2 * kSecond, .gap_ns = kSecond / 5};
    EXPECT_EQ(ids(judge_round(before, after, jumped, std::nullopt, {}, kLimits)),
              Ids{"clock_gaps"});
}

TEST(Gates, the_limits_themselves_pass) {
    const auto before = reading(0, 0, 0), after = reading(kSecond, 200, 0);
    const CpuUse at_limits{.wall_ns = 100, .cpu_ns = 98, .gap_ns = 5};
    EXPECT_EQ(ids(judge_round(before, after, at_limits, std::nullopt, {}, kLimits)), Ids{});
    const CpuUse less_cpu{.wall_ns = 100, .cpu_ns = 97, .gap_ns = 5};
    EXPECT_EQ(ids(judge_round(before, after, less_cpu, std::nullopt, {}, kLimits)),
              Ids{"preempted"});
    const CpuUse more_gaps{.wall_ns = 100, .cpu_ns = 98, .gap_ns = 6};
    EXPECT_EQ(ids(judge_round(before, after, more_gaps, std::nullopt, {}, kLimits)),
              Ids{"clock_gaps"});
}

TEST(Gates, throttling_by_a_visible_quota_is_named_and_the_round_stays_valid) {
    GateReading after = reading(kSecond, 100, 0);
    after.throttling->throttled_ns = kSecond / 2;
    host::CgroupLimits half;
    half.cpu_quota = 0.5;
    half.cpu_quota_group = "/half";
    const CpuUse use{.wall_ns = kSecond, .cpu_ns = kSecond / 2, .gap_ns = kSecond / 2};
    const auto outcome = judge_round(reading(0, 0, 0), after, use, std::nullopt, half, kLimits);
    EXPECT_EQ(ids(outcome), Ids{"cgroup_quota"});
    EXPECT_NE(outcome.findings[0].severity, Severity::invalid);
    EXPECT_DOUBLE_EQ(outcome.gates.throttled_ratio.value(), 0.5);
}

TEST(Gates, throttled_periods_explain_lost_cpu_time_where_the_kernel_counts_no_time) {
    GateReading after = reading(kSecond, 100, 0);
    after.throttling->throttled_periods = 5;
    host::CgroupLimits half;
    half.cpu_quota = 0.5;
    half.cpu_quota_group = "/half";
    const CpuUse use{.wall_ns = kSecond, .cpu_ns = kSecond / 2, .gap_ns = kSecond / 2};
    EXPECT_EQ(ids(judge_round(reading(0, 0, 0), after, use, std::nullopt, half, kLimits)),
              Ids{"cgroup_quota"});
    EXPECT_EQ(ids(judge_round(reading(0, 0, 0), after, std::nullopt, std::nullopt, {}, kLimits)),
              Ids{"cpu_throttled"});
}

TEST(Gates, throttling_by_no_visible_quota_refuses_the_round) {
    GateReading after = reading(kSecond, 100, 0);
    after.throttling->throttled_ns = kSecond / 10;
    EXPECT_EQ(ids(judge_round(reading(0, 0, 0), after, std::nullopt, std::nullopt, {}, kLimits)),
              Ids{"cpu_throttled"});
}

TEST(Gates, a_waiting_task_disturbs_a_cpu_bound_round_and_not_one_that_waits_by_nature) {
    GateReading after = reading(kSecond, 200, 0);
    after.cpu_pressure->some_us = 300'000;
    EXPECT_EQ(ids(judge_round(reading(0, 0, 0), after, kCleanUse, std::nullopt, {}, kLimits)),
              Ids{"other_load"});
    const auto waiting =
        judge_round(reading(0, 0, 0), after, std::nullopt, std::nullopt, {}, kLimits);
    EXPECT_EQ(ids(waiting), Ids{});
    EXPECT_DOUBLE_EQ(waiting.gates.pressure_ratio.value(), 0.3);
}

TEST(Gates, clock_drift_over_50_ppm_refuses_the_round) {
    EXPECT_EQ(
        ids(judge_round(reading(0, 0, 0), reading(kSecond, 1, 0), std::nullopt, 51, {}, kLimits)),
        Ids{"clock_drift"});
    EXPECT_EQ(
        ids(judge_round(reading(0, 0, 0), reading(kSecond, 1, 0), std::nullopt, 50, {}, kLimits)),
        Ids{});
}

TEST(Gates, what_the_kernel_does_not_tell_is_absent_and_refuses_nothing) {
    const GateReading blind_before{.time_ns = 0, .cpu = {}, .throttling = {}, .cpu_pressure = {}};
    const GateReading blind_after{
        .time_ns = kSecond, .cpu = {}, .throttling = {}, .cpu_pressure = {}};
    const auto outcome =
        judge_round(blind_before, blind_after, std::nullopt, std::nullopt, {}, kLimits);
    EXPECT_EQ(outcome.gates, RoundGates{});
    EXPECT_EQ(ids(outcome), Ids{});
}

}  // namespace
}  // namespace assay::measure
