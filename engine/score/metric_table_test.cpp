#include "engine/score/metric_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/score/compare.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

namespace assay::score {
namespace {

using test::full_run;
using test::probe_of;
using test::scale_metric;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

const CategoryScore& category(const Verdict& verdict, std::string_view name) {
    for (const CategoryScore& row : verdict.categories)
        if (row.name == name)
            return row;
    throw std::out_of_range("no such category");
}

const MetricRatio& metric(const Verdict& verdict, std::string_view id,
                          std::string_view statistic = "median") {
    for (const CategoryScore& row : verdict.categories)
        for (const MetricRatio& each : row.metrics)
            if (each.metric == id && each.statistic == statistic)
                return each;
    throw std::out_of_range("no such metric");
}

Verdict compare_with_full(const assay::Run& target) {
    return compare(full_run(), target, default_policy());
}

TEST(MetricTable, has_one_required_metric_a_category_the_requirements_own) {
    std::map<std::string_view, std::string_view> required;
    for (const MetricRow& row : single_metric_table())
        EXPECT_TRUE(required.emplace(row.category, row.metric).second);
    EXPECT_EQ(required["cpu"], "cpu.flops.double");
    EXPECT_EQ(required["memory"], "memory.bandwidth.read");
    EXPECT_EQ(required["storage"], "storage.random_read.iops");
    EXPECT_EQ(required["network"], "network.tcp.bandwidth");
    EXPECT_EQ(required.size(), 4u);
}

TEST(MetricTable, finds_every_row_in_a_full_run) {
    const Verdict verdict = compare_with_full(full_run());
    std::size_t compared = 0;
    for (const CategoryScore& row : verdict.categories) {
        EXPECT_EQ(row.gaps.size(), 0u) << row.name;
        double shares = 0;
        for (const MetricRatio& each : row.metrics)
            shares += each.weight;
        EXPECT_NEAR(shares, 1, 1e-12);
        compared += row.metrics.size();
        EXPECT_TRUE(row.metrics.front().required);
        EXPECT_EQ(row.ratio, 1.0);
    }
    EXPECT_EQ(compared, metric_table().size());
    EXPECT_EQ(verdict.decision, Decision::go);
}

TEST(MetricTable, takes_the_conditions_that_stand_for_a_metric_and_no_others) {
    const Verdict verdict = compare_with_full(full_run());
    // Not the zeros, which are ten times faster; not the larger records.
    EXPECT_NEAR(metric(verdict, "cpu.zstd.decompress").source.value(), 14e9, 0.01 * 14e9);
    EXPECT_NEAR(metric(verdict, "cpu.lz4.compress").source.value(), 9e9, 0.01 * 9e9);
    EXPECT_NEAR(metric(verdict, "cpu.aes_256_gcm.encrypt").source.value(), 60e9, 0.01 * 60e9);
    // The largest working set, one chain, not the small one that a cache holds.
    EXPECT_NEAR(metric(verdict, "memory.latency.random").source.value(), 96, 0.96);
    EXPECT_EQ(metric(verdict, "memory.latency.random").conditions, "huge pages, 1073741824 B");
    // The commit without load, of 4096 B; its tail is a row of its own.
    EXPECT_NEAR(metric(verdict, "storage.fsync.latency").source.value(), 0.9e6, 0.9e4);
    EXPECT_NEAR(metric(verdict, "storage.fsync.latency", "p99").source.value(), 1.8e6, 1);
    EXPECT_NEAR(metric(verdict, "network.rtt.tcp").source.value(), 0.21e6, 0.21e4);
}

TEST(MetricTable, uses_the_largest_working_set_that_both_sides_have) {
    assay::Run target = full_run();
    std::erase_if(probe_of(target, "memory.latency").measurements, [](const Measurement& each) {
        return each.condition("working_set_bytes")->as_integer() == std::int64_t{1} << 30;
    });
    const Verdict verdict = compare_with_full(target);
    EXPECT_EQ(metric(verdict, "memory.latency.random").conditions, "huge pages, 32768 B");
    EXPECT_EQ(metric(verdict, "memory.latency.random").ratio, 1.0);
}

TEST(Category, is_the_weighted_geometric_mean_of_its_metrics) {
    assay::Run target = full_run();
    scale_metric(target, "storage.random_write.iops", 0.5);
    scale_metric(target, "storage.fsync.latency", 4);
    const Verdict verdict = compare_with_full(target);
    // Shares 4 3 2 1 1 2 1: half the writes, and commits (median and p99) of a quarter.
    const double expected = std::pow(0.5, 3.0 / 14) * std::pow(0.25, 3.0 / 14);
    EXPECT_NEAR(*category(verdict, "storage").ratio, expected, 1e-9);
    EXPECT_EQ(metric(verdict, "storage.fsync.latency").ratio, 0.25);
    EXPECT_NEAR(metric(verdict, "storage.random_write.iops").weight, 3.0 / 14, 1e-12);
    EXPECT_LT(*category(verdict, "storage").ratio_low, expected);
    EXPECT_GT(*category(verdict, "storage").ratio_high, expected);
}

TEST(Category, renormalises_openly_what_neither_side_has) {
    assay::Run run = full_run();
    std::erase_if(run.probes, [](const ProbeResult& probe) { return probe.id == "storage.fsync"; });
    assay::Run target = run;
    scale_metric(target, "storage.random_write.iops", 0.5);
    const Verdict verdict = compare(run, target, default_policy());
    EXPECT_NEAR(*category(verdict, "storage").ratio, std::pow(0.5, 3.0 / 11), 1e-9);
    ASSERT_EQ(category(verdict, "storage").gaps.size(), 2u);
    EXPECT_FALSE(category(verdict, "storage").gaps[0].is_one_sided);
    EXPECT_THAT(category(verdict, "storage").gaps[0].why,
                HasSubstr("both sides: probe storage.fsync is not in the run"));
    EXPECT_EQ(verdict.decision, Decision::go);
}

TEST(Category, without_an_optional_metric_on_one_side_is_no_clean_pass) {
    for (const ProbeStatus status : {ProbeStatus::skipped, ProbeStatus::failed}) {
        assay::Run target = full_run();
        ProbeResult& fsync = probe_of(target, "storage.fsync");
        fsync.status = status;
        fsync.measurements.clear();
        fsync.reason = Error{ErrorKind::io, "fdatasync: Input/output error", 5};
        const Verdict verdict = compare_with_full(target);
        EXPECT_EQ(verdict.decision, Decision::go_with_conditions);
        EXPECT_THAT(verdict.reasons, Contains(AllOf(HasSubstr("without storage.fsync.latency"),
                                                    HasSubstr("Input/output error"))));
    }
}

TEST(Category, leaves_a_thin_optional_metric_out_and_says_so) {
    assay::Run target = full_run();
    test::set_samples(target, "cpu.lz4.compress", {1e9, 1e9, 1e9, 1e9});
    const Verdict verdict = compare_with_full(target);
    EXPECT_EQ(category(verdict, "cpu").ratio, 1.0);
    EXPECT_EQ(verdict.decision, Decision::go_with_conditions);
    EXPECT_THAT(verdict.reasons, Contains(HasSubstr("only 4 valid rounds")));
}

TEST(Policy, may_weigh_require_and_leave_out_metrics) {
    Policy policy = default_policy();
    policy.metrics = {{"storage.fsync.latency", std::nullopt, true, {}},
                      {"storage.random_write.iops", 0.0, std::nullopt, {}},
                      {"storage.mixed.iops", 20.0, std::nullopt, {}}};
    assay::Run target = full_run();
    scale_metric(target, "storage.random_write.iops", 0.01);
    scale_metric(target, "storage.mixed.iops", 0.8);
    const Verdict verdict = compare(full_run(), target, policy);
    EXPECT_NEAR(*category(verdict, "storage").ratio, std::pow(0.8, 20.0 / 29), 1e-9);
    EXPECT_EQ(category(verdict, "storage").gaps.size(), 1u);
    EXPECT_EQ(verdict.decision, Decision::go);
    std::erase_if(target.probes,
                  [](const ProbeResult& probe) { return probe.id == "storage.fsync"; });
    EXPECT_EQ(compare(full_run(), target, policy).decision, Decision::inconclusive);
}

TEST(SingleMetricTable, is_blind_to_all_but_the_requirements_metrics) {
    assay::Run target = full_run();
    scale_metric(target, "storage.random_write.iops", 0.01);
    scale_metric(target, "storage.random_read.iops", 0.8);
    scale_metric(target, "cpu.flops.double", 0.9);
    scale_metric(target, "memory.bandwidth.read", 0.95);
    const Verdict verdict = compare_by(single_metric_table(), full_run(), target, default_policy());
    EXPECT_DOUBLE_EQ(*verdict.overall, 0.88);
    for (const CategoryScore& row : verdict.categories)
        EXPECT_EQ(row.metrics.size(), 1u);
}

}  // namespace
}  // namespace assay::score
