#include <gtest/gtest.h>
#include <functional>
#include <vector>

#include "engine/score/change.h"
#include "engine/score/check.h"
#include "engine/score/compare.h"
#include "engine/score/predict.h"
#include "engine/score/rank.h"
#include "report/capacity.h"
#include "report/json.h"
#include "report/json_writer.h"
#include "report/prediction.h"
#include "tests/support/example_run.h"
#include "tests/support/restore_runs.h"
#include "tests/support/schema_validator.h"

/// The published schemas against what is really written, by an outside validator: the jsonschema
/// package of the system's Python.
namespace assay::report {
namespace {

constexpr const char* kRunSchemaFile = ASSAY_SOURCE_DIR "/report/assay.run.1.schema.json";
constexpr const char* kCheckSchemaFile = ASSAY_SOURCE_DIR "/report/assay.check.1.schema.json";
constexpr const char* kComparisonSchemaFile =
    ASSAY_SOURCE_DIR "/report/assay.comparison.1.schema.json";

using test::has_validator;

std::vector<bool> validate(const char* schema, const std::vector<Json>& documents) {
    std::vector<std::string> texts;
    for (const Json& document : documents)
        texts.push_back(document.dump());
    return test::validate(schema, texts);
}

TEST(RunSchema, accepts_every_run_that_is_written) {
    if (!has_validator())
        GTEST_SKIP() << "python3-jsonschema is not installed";
    assay::Run self_test = test::example_run();
    test::make_network_self_test(self_test);
    assay::Run empty = test::example_run();
    empty.probes.clear();
    empty.findings.clear();
    empty.resources = {};
    assay::Run thin = test::example_run();
    test::set_samples(thin, "cpu.flops.double", {});
    test::set_samples(thin, "memory.bandwidth.read", {1.5e9});
    test::add_finding(thin, "cpu.flops.double", "too_few_valid_rounds");
    assay::Run largest = test::example_run();
    largest.seed = ~std::uint64_t{0};
    std::vector<Json> documents;
    for (const assay::Run& run : {test::example_run(), self_test, empty, thin, largest})
        documents.push_back(Json::parse(run_to_json(run)));
    for (const bool valid : validate(kRunSchemaFile, documents))
        EXPECT_TRUE(valid);
}

TEST(RunSchema, refuses_broken_documents) {
    if (!has_validator())
        GTEST_SKIP() << "python3-jsonschema is not installed";
    const std::vector<std::function<void(Json&)>> damages{
        [](Json& json) { json["schema"] = "assay.run/2"; },
        [](Json& json) { json.erase("run_id"); },
        [](Json& json) { json["run_id"] = "1"; },
        [](Json& json) { json["started_at"] = "2025-11-20 09:30"; },
        [](Json& json) { json["duration_s"] = nullptr; },
        [](Json& json) { json["duration_s"] = -1; },
        [](Json& json) { json["profile"]["seed"] = -1; },
        [](Json& json) { json["environment"].erase("cgroup"); },
        [](Json& json) { json["environment"]["cpu"] = nullptr; },
        [](Json& json) { json["environment"]["cpu"]["isa"]["avx2"]["self_test"] = "yes"; },
        [](Json& json) { json["environment"]["cpu"]["isa"]["avx2"].erase("cpuid"); },
        [](Json& json) { json["validity"]["findings"][0]["severity"] = "bad"; },
        [](Json& json) { json["validity"]["findings"][0].erase("advice"); },
        [](Json& json) { json["probes"][0]["status"] = "ok"; },
        [](Json& json) { json["probes"][0]["reason"] = "a reason though it was measured"; },
        [](Json& json) { json["probes"][4]["reason"] = nullptr; },
        [](Json& json) { json["probes"][4]["reason_kind"] = "luck"; },
        [](Json& json) { json["probes"][4]["measurements"] = json["probes"][0]["measurements"]; },
        [](Json& json) { json["probes"][0]["id"] = "CPU"; },
        [](Json& json) { json["probes"][0]["measurements"][0]["unit"] = "GB/s"; },
        [](Json& json) { json["probes"][0]["measurements"][0]["better"] = "larger"; },
        [](Json& json) { json["probes"][0]["measurements"][0]["samples"][0] = nullptr; },
        [](Json& json) { json["probes"][0]["measurements"][0]["summary"].erase("mad"); },
        [](Json& json) { json["probes"][0]["measurements"][0]["summary"]["n"] = 1.5; },
        [](Json& json) { json["probes"][2]["measurements"][1]["percentiles"].erase("p95"); },
        [](Json& json) { json["probes"][2]["measurements"][1].erase("percentiles"); },
        [](Json& json) { json["probes"][2]["rounds"][0]["gates"]["cpu_ratio"] = "1"; },
        [](Json& json) { json["resources"]["rows"][0][0] = true; },
    };
    std::vector<Json> documents;
    for (const auto& damage : damages) {
        documents.push_back(Json::parse(run_to_json(test::example_run())));
        damage(documents.back());
    }
    const std::vector<bool> answers = validate(kRunSchemaFile, documents);
    for (std::size_t index = 0; index < answers.size(); ++index)
        EXPECT_FALSE(answers[index]) << "damage " << index;
}

TEST(ComparisonSchema, accepts_every_decision_and_refuses_broken_ones) {
    if (!has_validator())
        GTEST_SKIP() << "python3-jsonschema is not installed";
    const assay::Run source = test::example_run();
    std::vector<Json> documents;
    for (const double factor : {1.0, 0.7, 0.3}) {
        assay::Run target = source;
        test::scale_metric(target, "storage.random_read.iops", factor);
        documents.push_back(Json::parse(comparison_to_json(
            source, target, score::compare(source, target, score::default_policy()))));
    }
    assay::Run self_test = source;
    test::make_network_self_test(self_test);
    assay::Run other = source;
    other.workload_version = 3;
    for (const assay::Run& target : {self_test, other})
        documents.push_back(Json::parse(comparison_to_json(
            source, target, score::compare(source, target, score::default_policy()))));
    EXPECT_EQ(documents[0]["decision"], "GO");
    EXPECT_EQ(documents[2]["decision"], "NO-GO");
    EXPECT_EQ(documents[2]["exit_status"], 2);
    EXPECT_EQ(documents[3]["decision"], "INCONCLUSIVE");
    const std::size_t written = documents.size();
    for (const char* field : {"decision", "grade", "exit_status"}) {
        documents.push_back(documents[0]);
        documents.back()[field] = "Great";
    }
    documents.push_back(documents[0]);
    documents.back()["categories"][0]["not_compared"] = "though it has a ratio";
    documents.push_back(documents[3]);
    documents.back()["categories"][3]["not_compared"] = nullptr;
    const std::vector<bool> answers = validate(kComparisonSchemaFile, documents);
    for (std::size_t index = 0; index < answers.size(); ++index)
        EXPECT_EQ(answers[index], index < written) << index;
}

TEST(RankingSchema, accepts_an_order_and_refuses_broken_ones) {
    if (!has_validator())
        GTEST_SKIP() << "python3-jsonschema is not installed";
    const assay::Run source = test::example_run();
    std::vector<assay::Run> targets;
    std::vector<score::Candidate> candidates;
    for (const double factor : {0.3, 1.0, 0.7}) {
        targets.push_back(source);
        test::scale_metric(targets.back(), "storage.random_read.iops", factor);
        candidates.push_back({"target " + std::to_string(targets.size()),
                              score::compare(source, targets.back(), score::default_policy())});
    }
    const Json written =
        Json::parse(ranking_to_json(source, candidates, targets, score::rank(candidates)));
    EXPECT_EQ(written["ranking"][0]["target"], "target 2");
    std::vector<Json> documents(6, written);
    documents[1]["ranking"][0]["rank"] = 0;
    documents[2]["ranking"][0].erase("decision");
    documents[3]["comparisons"][1]["grade"] = "Great";
    documents[4]["recommendation"] = "";
    documents[5]["schema"] = "assay.ranking/2";
    EXPECT_EQ(validate(ASSAY_SOURCE_DIR "/report/assay.ranking.1.schema.json", documents),
              (std::vector<bool>{true, false, false, false, false, false}));
}

TEST(ChangeSchema, accepts_proven_and_unproven_changes_and_refuses_broken_ones) {
    if (!has_validator())
        GTEST_SKIP() << "python3-jsonschema is not installed";
    const assay::Run before = test::example_run();
    assay::Run after = test::example_run();
    test::scale_metric(after, "storage.random_read.iops", 2);
    const Json written = Json::parse(change_to_json(
        before, after, score::changes_between(before, after, score::default_policy())));
    std::size_t proven = written["changes"].size();
    for (std::size_t index = written["changes"].size(); index-- > 0;)
        if (written["changes"][index]["proven"] == true)
            proven = index;
    ASSERT_LT(proven, written["changes"].size());
    std::vector<Json> documents(5, written);
    documents[1]["changes"][proven]["better"] = nullptr;
    documents[2]["changes"][proven]["proven"] = false;
    documents[3]["after"].erase("run_id");
    documents[4]["changes"][0]["p_adjusted"] = 2;
    EXPECT_EQ(validate(ASSAY_SOURCE_DIR "/report/assay.change.1.schema.json", documents),
              (std::vector<bool>{true, false, false, false, false}));
}

TEST(CheckSchema, accepts_every_state_of_a_limit_and_refuses_broken_ones) {
    if (!has_validator())
        GTEST_SKIP() << "python3-jsonschema is not installed";
    Policy policy = score::default_policy();
    const auto add = [&](const char* name, const char* metric, double least) {
        policy.limits.push_back({name,
                                 metric,
                                 {},
                                 Statistic::median,
                                 false,
                                 least,
                                 Unit::operations_per_second,
                                 Need::required,
                                 "a test",
                                 {}});
    };
    add("met", "storage.random_read.iops", 1'000);
    add("missed", "storage.random_read.iops", 1'000'000);
    add("unknown", "storage.fsync.rate", 1);
    policy.facts = {{HostFact::cores, false, 4, Need::recommended, "", {}}};
    policy.waivers = {{"missed", "Ada", "the array comes in May", "2030-05-01", {}}};
    const assay::Run run = test::example_run();
    std::vector<Json> documents{Json::parse(check_to_json(run, score::check(run, policy)))};
    EXPECT_EQ(documents[0]["decision"], "INCONCLUSIVE");
    EXPECT_EQ(documents[0]["limits"][0]["state"], "met");
    EXPECT_EQ(documents[0]["limits"][1]["waiver"]["who"], "Ada");
    EXPECT_EQ(documents[0]["limits"][2]["value"], nullptr);
    EXPECT_EQ(documents[0]["limits"][3]["at_least"], 4.0);
    documents.push_back(documents[0]);
    documents.back()["limits"][0]["state"] = "fine";
    documents.push_back(documents[0]);
    documents.back()["limits"][0].erase("at_least");
    EXPECT_EQ(validate(kCheckSchemaFile, documents), (std::vector<bool>{true, false, false}));
}

TEST(Schema, predictions_and_sizings_validate) {
    if (!has_validator())
        GTEST_SKIP() << "python3-jsonschema is not installed";
    score::RestoreTask task;
    task.data_bytes = 2e12;
    task.rto_s = 3600;
    std::vector<Json> predictions;
    for (const bool is_whole : {true, false})
        for (const bool replicates : {true, false}) {
            test::RestoreRates rates;
            if (!is_whole)
                rates.write.clear();
            if (replicates)
                task.change_bytes_per_s = 50e6;
            const assay::Run source = test::restore_source(), target = test::restore_target(rates);
            predictions.push_back(Json::parse(
                prediction_to_json(score::predict(source, target, task), {source, target, task})));
        }
    Json broken = predictions.front();
    broken["rto_probability"] = 2;
    predictions.push_back(broken);
    broken = predictions.front();
    broken["stages"][0].erase("gap");
    predictions.push_back(broken);
    EXPECT_EQ(validate(ASSAY_SOURCE_DIR "/report/assay.prediction.1.schema.json", predictions),
              (std::vector<bool>{true, true, true, true, false, false}));
    score::CapacityTask wishes;
    wishes.faults = 1;
    wishes.dataset_bytes = 1e12;
    std::vector<Json> sizings{
        Json::parse(capacity_to_json(score::size_up(test::example_run(), wishes), {})),
        Json::parse(capacity_to_json(score::size_up({}, {}), {}))};
    broken = sizings.front();
    broken["lines"][0]["fit"] = "perhaps";
    sizings.push_back(broken);
    EXPECT_EQ(validate(ASSAY_SOURCE_DIR "/report/assay.capacity.1.schema.json", sizings),
              (std::vector<bool>{true, true, false}));
}

}  // namespace
}  // namespace assay::report
