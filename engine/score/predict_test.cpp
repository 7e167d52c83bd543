#include "engine/score/predict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/core/finding.h"
#include "engine/core/random.h"
#include "engine/score/predictive.h"
#include "engine/score/restore_model.h"
#include "tests/support/example_run.h"
#include "tests/support/restore_runs.h"

namespace assay::score {
namespace {

using test::restore_source;
using test::restore_target;
using test::RestoreRates;
using testing::Contains;
using testing::HasSubstr;

RestoreTask task_of(double data_bytes, double rto_s) {
    RestoreTask task;
    task.data_bytes = data_bytes;
    task.rto_s = rto_s;
    return task;
}

const Stage& stage_of(const Prediction& prediction, StageKind kind) {
    return *std::ranges::find(prediction.stages, kind, &Stage::kind);
}

const WhatIf& what_if_of(const Prediction& prediction, StageKind kind) {
    return *std::ranges::find(prediction.what_if, kind, &WhatIf::kind);
}

// The defaults in B/s of restored data: read 800, network 200 (100 on the wire, ratio 2), decrypt
// 4000, decompress 1000, write 500 MB/s. 200 GB through 200 MB/s takes 1000 s; the other stages
// fill the pipeline with one chunk of 1 MiB each: 1048576 * (1/800 + 1/4000 + 1/1000 + 1/500) / 1e6
// s.
TEST(Predict, equals_the_closed_form_of_a_pipeline) {
    const Pipeline pipeline = make_pipeline(restore_source(), restore_target(), task_of(200e9, 1));
    const RestoreModel model(pipeline, task_of(200e9, 1), 0);
    const double fill_s = 1.048576 * (1 / 800.0 + 1 / 4000.0 + 1 / 1000.0 + 1 / 500.0);
    for (const Outcome& outcome : model.outcomes()) {
        ASSERT_NEAR(outcome.seconds, 1000 + fill_s, 1e-6);
        ASSERT_EQ(outcome.slowest, StageKind::network);
    }
}

TEST(Predict, syncs_stop_the_writer) {
    RestoreRates rates;
    rates.network = {900e6};
    rates.sync_ns = {2e9};  // 10 syncs of 2 s beside 100 GB at 500 MB/s
    RestoreTask task = task_of(100e9, 1);
    task.sync_every_bytes = 10e9;
    const RestoreModel model(make_pipeline(restore_source(), restore_target(rates), task), task, 0);
    EXPECT_NEAR(model.outcomes().front().seconds, 200 + 20, 0.01);
    EXPECT_EQ(model.outcomes().front().slowest, StageKind::write);
    task.sync_every_bytes = 0.5e9;  // 200 syncs: 400 s, more than the writes themselves
    const RestoreModel often(make_pipeline(restore_source(), restore_target(rates), task), task, 0);
    EXPECT_NEAR(often.outcomes().front().seconds, 200 + 400, 0.01);
    EXPECT_EQ(often.outcomes().front().slowest, StageKind::sync);
}

TEST(Predict, decrypt_and_decompress_share_the_cpus) {
    RestoreRates rates;
    rates.network = {900e6};
    assay::Run target = restore_target(rates);
    test::add_metric(target, "cpu.aes_256_gcm", "cpu.aes_256_gcm.decrypt", Unit::bytes_per_second,
                     {{"record_bytes", 16384}, {"scope", "all"}}, {250e6});
    test::add_metric(target, "cpu.zstd", "cpu.zstd.decompress", Unit::bytes_per_second,
                     {{"level", 3}, {"scope", "all"}}, {500e6});
    // Of restored data 500 MB/s (250 on the wire) and 500 MB/s: together 250 MB/s.
    const RestoreTask task = task_of(100e9, 1);
    const RestoreModel model(make_pipeline(restore_source(), target, task), task, 0);
    EXPECT_NEAR(model.outcomes().front().seconds, 400, 0.05);
}

TEST(Predict, decides_by_the_probability_of_the_rto) {
    const auto decision = [](double rto_s) {
        return predict(restore_source(), restore_target(), task_of(200e9, rto_s)).decision;
    };
    // 1000 s with 3 % of model spread: 95 % lies at 1000 * exp(1.645 * 0.03) = 1050.6 s.
    EXPECT_EQ(decision(1060), Decision::go);
    EXPECT_EQ(decision(1040), Decision::go_with_conditions);
    EXPECT_EQ(decision(980), Decision::no_go);
}

TEST(Predict, names_the_bottleneck_and_what_a_faster_stage_brings) {
    const Prediction prediction = predict(restore_source(), restore_target(), task_of(200e9, 600));
    EXPECT_EQ(prediction.bottleneck, StageKind::network);
    EXPECT_DOUBLE_EQ(stage_of(prediction, StageKind::network).bottleneck_share, 1);
    EXPECT_NEAR(*prediction.median_s, 1000, 3);
    EXPECT_LE(*prediction.rto_probability, 0.001);
    // Twice the network is 400 MB/s, and still the slowest: 500 s.
    const WhatIf& network = what_if_of(prediction, StageKind::network);
    EXPECT_NEAR(network.median_s_if_doubled, 500, 2);
    EXPECT_GT(network.probability_if_doubled, 0.999);
    // 600 s with 95 %: 1000 / 600 * exp(1.645 * 0.03) = 1.751 times, and so 350 MB/s.
    ASSERT_TRUE(network.factor_alone);
    EXPECT_NEAR(*network.factor_alone, 1.751, 0.01);
    ASSERT_TRUE(prediction.needed_rate);
    EXPECT_NEAR(*prediction.needed_rate, 350.2e6, 2e6);
    EXPECT_NEAR(*network.factor_beside, 1.751, 0.01);
    EXPECT_DOUBLE_EQ(*what_if_of(prediction, StageKind::read).factor_beside, 1);
    // A faster disk alone brings nothing.
    EXPECT_NEAR(what_if_of(prediction, StageKind::read).median_s_if_doubled, 1000, 3);
    EXPECT_FALSE(what_if_of(prediction, StageKind::read).factor_alone);
}

TEST(Predict, says_what_several_stages_need_together) {
    // 300 s for 200 GB: 667 MB/s and a margin, above network (200) and write (500).
    const Prediction prediction = predict(restore_source(), restore_target(), task_of(200e9, 300));
    EXPECT_FALSE(what_if_of(prediction, StageKind::network).factor_alone);
    ASSERT_TRUE(prediction.needed_rate);
    EXPECT_NEAR(*prediction.needed_rate, 700.4e6, 4e6);
    EXPECT_NEAR(*what_if_of(prediction, StageKind::network).factor_beside, 3.50, 0.02);
    EXPECT_NEAR(*what_if_of(prediction, StageKind::write).factor_beside, 1.40, 0.01);
}

TEST(Predict, a_missing_stage_is_named_and_never_assumed) {
    RestoreRates rates;
    rates.write.clear();
    const Prediction prediction =
        predict(restore_source(), restore_target(rates), task_of(1e9, 1e6));
    EXPECT_EQ(prediction.decision, Decision::inconclusive);
    EXPECT_FALSE(prediction.median_s);
    EXPECT_THAT(prediction.reasons,
                Contains(HasSubstr("The stage write (target) has no number: probe "
                                   "storage.sequential_write is not in the run")));
}

TEST(Predict, a_self_test_is_no_network_and_a_declared_link_is_labelled) {
    assay::Run target = restore_target();
    test::add_finding(target, "network.tcp.bandwidth", "self_test");
    RestoreTask task = task_of(200e9, 3600);
    const Prediction without = predict(restore_source(), target, task);
    EXPECT_EQ(without.decision, Decision::inconclusive);
    EXPECT_THAT(without.reasons, Contains(HasSubstr("SELF-TEST")));
    task.declared_link_bytes_per_s = 50e6;
    const Prediction declared = predict(restore_source(), target, task);
    EXPECT_TRUE(stage_of(declared, StageKind::network).is_declared);
    EXPECT_NEAR(*declared.median_s, 2000, 5);
    EXPECT_EQ(declared.decision, Decision::go);
    EXPECT_THAT(declared.assumptions, Contains(HasSubstr("declared by the operator")));
}

TEST(Predict, too_few_rounds_tell_the_time_and_promise_nothing) {
    RestoreRates rates;
    rates.write = {500e6, 500e6, 500e6};
    const Prediction prediction =
        predict(restore_source(), restore_target(rates), task_of(200e9, 3600));
    EXPECT_EQ(prediction.decision, Decision::inconclusive);
    EXPECT_TRUE(prediction.median_s);
    EXPECT_THAT(prediction.reasons, Contains(HasSubstr("rests on 3 valid rounds, 5 are needed")));
}

TEST(Predict, an_invalid_measurement_gives_no_stage) {
    assay::Run target = restore_target();
    test::add_finding(target, "storage.fsync.latency", "flush_swallowed");
    const Prediction prediction = predict(restore_source(), target, task_of(200e9, 3600));
    EXPECT_EQ(prediction.decision, Decision::inconclusive);
    EXPECT_THAT(prediction.reasons, Contains(HasSubstr("invalid by 'flush_swallowed'")));
}

TEST(Predict, an_unknown_ratio_is_not_assumed_and_may_be_declared) {
    RestoreRates rates;
    rates.ratio.clear();
    RestoreTask task = task_of(200e9, 3600);
    EXPECT_EQ(predict(restore_source(), restore_target(rates), task).decision,
              Decision::inconclusive);
    task.declared_ratio = 1;
    const Prediction prediction = predict(restore_source(), restore_target(rates), task);
    EXPECT_NEAR(*prediction.median_s, 2000, 5);  // 100 MB/s on the wire are as many restored
    EXPECT_TRUE(prediction.ratio_is_declared);
}

TEST(Predict, runs_of_different_workload_versions_do_not_mix) {
    assay::Run target = restore_target();
    ++target.workload_version;
    EXPECT_EQ(predict(restore_source(), target, task_of(200e9, 3600)).decision,
              Decision::inconclusive);
}

TEST(Predict, wider_rounds_make_a_wider_interval) {
    RestoreRates rates;
    rates.network = {80e6, 120e6, 100e6, 90e6, 110e6};
    const Prediction narrow = predict(restore_source(), restore_target(), task_of(200e9, 3600));
    const Prediction wide = predict(restore_source(), restore_target(rates), task_of(200e9, 3600));
    EXPECT_GT(*wide.high_s - *wide.low_s, 3 * (*narrow.high_s - *narrow.low_s));
    EXPECT_LT(*wide.low_s, 1000);
    EXPECT_GT(*wide.high_s, 1000);
}

// 200 MB/s of restored data through the network is the slowest of replication too.
TEST(Predict, replication_keeps_up_or_does_not) {
    RestoreTask task = task_of(200e9, 3600);
    task.rpo_s = 300;
    task.change_bytes_per_s = 50e6;
    const Prediction calm = predict(restore_source(), restore_target(), task);
    ASSERT_TRUE(calm.replication);
    EXPECT_NEAR(*calm.replication->throughput, 200e6, 1);
    EXPECT_EQ(calm.replication->bottleneck, StageKind::network);
    EXPECT_DOUBLE_EQ(*calm.replication->keeps_up_probability, 1);
    EXPECT_NEAR(*calm.replication->longest_interval_s, 300 / 1.25, 0.01);
    EXPECT_EQ(calm.decision, Decision::go);
    task.change_bytes_per_s = 250e6;
    const Prediction busy = predict(restore_source(), restore_target(), task);
    EXPECT_DOUBLE_EQ(*busy.replication->keeps_up_probability, 0);
    EXPECT_FALSE(busy.replication->longest_interval_s);
    EXPECT_EQ(busy.decision, Decision::no_go);
}

TEST(Predict, replication_without_its_stages_is_inconclusive) {
    RestoreRates rates;
    rates.compress.clear();
    RestoreTask task = task_of(200e9, 3600);
    task.change_bytes_per_s = 1e6;
    const Prediction prediction = predict(restore_source(rates), restore_target(rates), task);
    EXPECT_TRUE(prediction.median_s);
    EXPECT_EQ(prediction.decision, Decision::inconclusive);
    EXPECT_THAT(prediction.reasons, Contains(HasSubstr("For the replication: The stage compress")));
}

TEST(Predict, a_restore_smaller_than_a_chunk_passes_once_through_every_stage) {
    const RestoreTask task = task_of(1000, 1);
    const RestoreModel model(make_pipeline(restore_source(), restore_target(), task), task, 0);
    const double once_s =
        1000 * (1 / 800e6 + 1 / 200e6 + 1 / 4000e6 + 1 / 1000e6 + 1 / 500e6) + 1e-3;
    // The writer is the slowest, since its one sync takes a millisecond.
    EXPECT_NEAR(model.outcomes().front().seconds, once_s, 1e-9);
}

TEST(Predict, numbers_that_no_hardware_gives_are_a_gap_and_no_crash) {
    for (const double odd : {1e308, 1e-308, 1e-3, 1e16}) {
        RestoreRates rates;
        rates.decompress = {odd, odd, odd, odd, odd};
        const Prediction prediction =
            predict(restore_source(), restore_target(rates), task_of(1e12, 3600));
        EXPECT_EQ(prediction.decision, Decision::inconclusive) << odd;
        EXPECT_THAT(prediction.reasons, Contains(HasSubstr("no hardware"))) << odd;
    }
    RestoreRates rates;
    rates.ratio = {1e308, 1e308, 1e308};
    EXPECT_EQ(predict(restore_source(), restore_target(rates), task_of(1e12, 3600)).decision,
              Decision::inconclusive);
}

/// A normal deviate to two digits: twelve uniforms.
double deviate(Xoshiro256& random) {
    double sum = -6;
    for (int index = 0; index < 12; ++index)
        sum += static_cast<double>(random.next() >> 11) * 0x1.0p-53;
    return sum;
}

/// Five rounds around a rate with a relative spread, and one more: what the restore will meet.
struct Drawn {
    std::vector<double> rounds;
    double next = 0;
};
Drawn draw_rounds(Xoshiro256& random, double rate, double spread) {
    Drawn drawn;
    for (int round = 0; round < 5; ++round)
        drawn.rounds.push_back(rate * std::exp(spread * deviate(random)));
    drawn.next = rate * std::exp(spread * deviate(random));
    return drawn;
}

// Simulated: each stage's restore-time rate is one more round, the world adds 3 % of its own. Of
// 600 restores 90 % must lie in the interval. Stages that are alike make the interval a little too
// wide (each draw takes the slowest of several wide ones), never too narrow.
TEST(Predict, the_interval_holds_as_often_as_it_says) {
    constexpr int kRestores = 600;
    Xoshiro256 random(2026);
    for (const bool are_alike : {false, true}) {
        int inside = 0;
        for (int restore = 0; restore < kRestores; ++restore) {
            RestoreRates rates;
            const Drawn network = draw_rounds(random, 100e6, 0.05);
            const Drawn write = draw_rounds(random, are_alike ? 200e6 : 500e6, 0.05);
            rates.network = network.rounds;
            rates.write = write.rounds;
            RestoreTask task = task_of(200e9, 3600);
            task.draws = 1000;
            task.seed = static_cast<std::uint64_t>(restore) + 1;
            const RestoreModel model(make_pipeline(restore_source(), restore_target(rates), task),
                                     task, kModelSpread);
            std::vector<double> seconds;
            for (const Outcome& outcome : model.outcomes())
                seconds.push_back(outcome.seconds);
            const double truth = 200e9 / std::min(2 * network.next, write.next) *
                                 std::exp(kModelSpread * deviate(random));
            inside += truth >= quantile_of(seconds, 0.05) && truth <= quantile_of(seconds, 0.95);
        }
        // Binomial(600, 0.9) has a standard deviation of 7.3: four of them below.
        EXPECT_GE(inside, 540 - 30) << are_alike;
        EXPECT_LE(inside, are_alike ? 600 : 540 + 30) << are_alike;
    }
}

}  // namespace
}  // namespace assay::score
