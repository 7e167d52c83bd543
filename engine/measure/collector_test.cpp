#include "engine/measure/collector.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/fake_probe.h"

namespace assay::measure {
namespace {

const Metric& kSpeed = test::kFakeMetrics[0];
const Metric& kLatency = test::kFakeMetrics[1];

RoundResult speed(double value) {
    return {.values = {{&kSpeed, value}}, .latencies = {}, .findings = {}, .cpu_use = {}};
}

const Measurement* find(const std::vector<Measurement>& all, std::string_view id) {
    for (const Measurement& measurement : all)
        if (measurement.metric == id)
            return &measurement;
    return nullptr;
}

bool has(const Measurement& measurement, std::string_view id, Severity severity) {
    for (const Finding& finding : measurement.findings)
        if (finding.id == id && finding.severity == severity)
            return true;
    return false;
}

TEST(Collector, keeps_valid_samples_in_time_order_with_their_summary) {
    Collector collector(Case{"a", {{"depth", 32}}});
    for (double value : {3.0, 1.0, 2.0})
        EXPECT_TRUE(collector.add(speed(value), {}).empty());
    const auto all = collector.measurements({}, 3);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].samples, (std::vector<double>{3, 1, 2}));
    EXPECT_DOUBLE_EQ(all[0].summary.median.value(), 2);
    EXPECT_EQ(all[0].condition("depth")->as_integer(), 32);
    EXPECT_FALSE(all[0].percentiles.has_value());
}

TEST(Collector, a_refused_round_is_kept_apart_and_never_enters_the_summary) {
    Collector collector(Case{"a", {}});
    collector.add(speed(10), {});
    const auto reasons = collector.add(speed(1), {make_finding("steal", "took 5 %")});
    EXPECT_EQ(reasons, std::vector<std::string>{"steal"});
    collector.add(speed(12), {});
    const auto all = collector.measurements({}, 2);
    EXPECT_EQ(all[0].samples, (std::vector<double>{10, 12}));
    ASSERT_EQ(all[0].invalid_samples.size(), 1u);
    EXPECT_EQ(all[0].invalid_samples[0], (InvalidSample{1, {"steal"}}));
    EXPECT_DOUBLE_EQ(all[0].summary.min.value(), 10);
    // The number stands on the other rounds: what refused one of them is told as a warning.
    EXPECT_TRUE(has(all[0], "steal", Severity::warning));
}

TEST(Collector, too_few_valid_rounds_make_the_number_invalid) {
    Collector collector(Case{"a", {}});
    collector.add(speed(10), {});
    collector.add(speed(1), {make_finding("steal", "took 5 %")});
    const auto all = collector.measurements({}, 2);
    EXPECT_TRUE(has(all[0], "too_few_valid_rounds", Severity::invalid));
    EXPECT_EQ(all[0].summary.n, 1u);
}

TEST(Collector, no_valid_round_leaves_an_empty_summary_and_not_a_zero) {
    Collector collector(Case{"a", {}});
    collector.add(speed(1), {make_finding("steal", "took 5 %")});
    const auto all = collector.measurements({}, 1);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].summary, Summary{});
    EXPECT_TRUE(has(all[0], "too_few_valid_rounds", Severity::invalid));
}

TEST(Collector, a_number_that_is_not_finite_is_impossible_and_never_stored) {
    Collector collector(Case{"a", {}});
    const auto reasons = collector.add(speed(std::numeric_limits<double>::infinity()), {});
    EXPECT_EQ(reasons, std::vector<std::string>{"impossible"});
    collector.add(speed(5), {});
    EXPECT_EQ(collector.measurements({}, 1)[0].samples, std::vector<double>{5});
}

TEST(Collector,
     percentiles_come_from_all_valid_operations_together_and_the_sample_is_the_rounds_median) {
    Collector collector(Case{"a", {}});
    for (int round = 0; round < 3; ++round) {
        RoundResult result = speed(1);
        Histogram ticks;
        for (std::uint64_t value = 1; value <= 100; ++value)
            ticks.record(value);
        result.latencies.push_back({&kLatency, ticks, 0.5});
        const bool refused = round == 2;
        if (refused)
            result.latencies[0].ticks.record(1'000'000);
        collector.add(result, refused ? std::vector{make_finding("steal", "took 5 %")}
                                      : std::vector<Finding>{});
    }
    const auto all = collector.measurements({}, 2);
    const Measurement* latency = find(all, "fake.latency");
    ASSERT_NE(latency, nullptr);
    EXPECT_EQ(latency->samples, (std::vector<double>{25, 25}));  // rank 50 of 100, half a ns a tick
    ASSERT_TRUE(latency->percentiles.has_value());
    EXPECT_EQ(latency->percentiles->count, 200u);
    EXPECT_DOUBLE_EQ(latency->percentiles->max.value(),
                     50);  // the refused round's outlier is not in it
    EXPECT_TRUE(latency->percentiles->values[3].has_value());   // p95 needs 59
    EXPECT_FALSE(latency->percentiles->values[4].has_value());  // p99 needs 299
}

TEST(Collector, rounds_that_differ_widely_are_called_noisy) {
    Collector quiet(Case{"a", {}}), noisy(Case{"b", {}});
    for (double value : {100.0, 101.0, 99.0})
        quiet.add(speed(value), {});
    for (double value : {100.0, 150.0, 50.0})
        noisy.add(speed(value), {});
    EXPECT_FALSE(has(quiet.measurements({}, 1)[0], "noisy", Severity::warning));
    EXPECT_TRUE(has(noisy.measurements({}, 1)[0], "noisy", Severity::warning));
}

TEST(Collector, the_workloads_own_findings_weaken_every_measurement_once) {
    Collector collector(Case{"a", {}});
    RoundResult result = speed(1);
    result.findings.push_back(make_finding("self_test", "again"));
    collector.add(result, {});
    const auto all = collector.measurements({make_finding("self_test", "loopback")}, 1);
    ASSERT_EQ(all[0].findings.size(), 1u);
    EXPECT_EQ(all[0].findings[0].message, "loopback");
}

}  // namespace
}  // namespace assay::measure
