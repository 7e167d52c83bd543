#include "engine/score/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/score/compare.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

namespace assay::score {
namespace {

using test::full_run;
using test::scale_metric;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const MetricChange& change_of(const ChangeReport& report, std::string_view metric) {
    for (const MetricChange& change : report.changes)
        if (change.metric == metric)
            return change;
    throw std::out_of_range("no such change");
}

TEST(Change, shows_the_requirements_storage_upgrade_of_500_percent) {
    assay::Run after = full_run();
    scale_metric(after, "storage.random_read.iops", 6);
    scale_metric(after, "storage.fsync.latency", 0.5);
    const ChangeReport report = changes_between(full_run(), after, default_policy());
    const MetricChange& iops = change_of(report, "storage.random_read.iops");
    EXPECT_NEAR(iops.change, 5.0, 1e-9);
    EXPECT_TRUE(iops.is_proven);
    EXPECT_TRUE(iops.is_better);
    EXPECT_NEAR(*iops.p, 4 * 2.0 / 3432, 1e-6);  // 7 against 7, the first of four by Holm
    EXPECT_LT(*iops.low, 5.0);
    EXPECT_GT(*iops.high, 5.0);
    // A latency that falls is an improvement.
    const MetricChange& fsync = change_of(report, "storage.fsync.latency");
    EXPECT_NEAR(fsync.change, -0.5, 1e-9);
    EXPECT_TRUE(fsync.is_proven);
    EXPECT_TRUE(fsync.is_better);
    // What did not change is not claimed.
    EXPECT_FALSE(change_of(report, "cpu.flops.double").is_proven);
    EXPECT_EQ(change_of(report, "cpu.flops.double").p, 1.0);
    EXPECT_TRUE(report.not_compared.empty());
}

TEST(Change, of_a_loss_is_worse) {
    assay::Run after = full_run();
    scale_metric(after, "memory.bandwidth.read", 0.8);
    const ChangeReport report = changes_between(full_run(), after, default_policy());
    EXPECT_TRUE(change_of(report, "memory.bandwidth.read").is_proven);
    EXPECT_FALSE(change_of(report, "memory.bandwidth.read").is_better);
}

TEST(Change, says_what_few_rounds_cannot_prove) {
    assay::Run before = full_run(), after = full_run();
    for (assay::Run* run : {&before, &after})
        for (ProbeResult& probe : run->probes)
            for (Measurement& measurement : probe.measurements)
                measurement.samples.resize(5);
    const ChangeReport report = changes_between(before, after, default_policy());
    // 5 against 5: 0.0079. Four tests need 0.0125, more than six others need less.
    ASSERT_EQ(report.limits_of_proof.size(), 1u);
    EXPECT_THAT(report.limits_of_proof[0], HasSubstr("p cannot go below 0.0079"));
    EXPECT_THAT(report.limits_of_proof[0], HasSubstr("other metrics"));
}

TEST(Change, names_what_only_one_side_has) {
    assay::Run after = full_run();
    std::erase_if(after.probes, [](const ProbeResult& probe) { return probe.id == "cpu.lz4"; });
    const ChangeReport report = changes_between(full_run(), after, default_policy());
    EXPECT_THAT(report.not_compared, ElementsAre(HasSubstr("cpu.lz4.compress: target: probe")));
    after.workload_version = kWorkloadVersion + 1;
    EXPECT_TRUE(changes_between(full_run(), after, default_policy()).changes.empty());
}

}  // namespace
}  // namespace assay::score
