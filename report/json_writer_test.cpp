#include "report/json_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "engine/score/compare.h"
#include "report/json.h"
#include "tests/support/example_run.h"

namespace assay::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names_of(const Json& object) {
    std::vector<std::string> names;
    for (const auto& member : object.items())
        names.push_back(member.key());
    return names;
}

TEST(RunToJson, has_the_fields_in_the_order_of_the_design) {
    const Json json = Json::parse(run_to_json(test::example_run()));
    EXPECT_THAT(names_of(json),
                ElementsAre("schema", "run_id", "label", "tool", "started_at", "duration_s",
                            "profile", "environment", "validity", "probes", "resources"));
    EXPECT_THAT(names_of(json["probes"][2]),
                ElementsAre("id", "status", "reason", "reason_kind", "measurements", "rounds"));
    EXPECT_THAT(names_of(json["probes"][2]["measurements"][1]),
                ElementsAre("metric", "unit", "better", "conditions", "samples", "invalid_samples",
                            "summary", "percentiles", "findings"));
    EXPECT_THAT(names_of(json["probes"][2]["measurements"][1]["summary"]),
                ElementsAre("n", "median", "min", "max", "mad", "ci95_low", "ci95_high"));
}

TEST(RunToJson, writes_what_was_measured_and_null_for_what_was_not) {
    const Json json = Json::parse(run_to_json(test::example_run()));
    const Json& storage = json["probes"][2];
    EXPECT_EQ(storage["measurements"][2]["conditions"]["depth"], 32);
    EXPECT_EQ(storage["measurements"][2]["invalid_samples"][0]["reasons"][0], "steal");
    EXPECT_EQ(storage["measurements"][2]["percentiles"], nullptr);
    EXPECT_EQ(storage["measurements"][1]["percentiles"]["p50"], 82'000.0);
    EXPECT_EQ(storage["measurements"][1]["percentiles"]["p99.99"], nullptr);
    EXPECT_EQ(storage["rounds"][1]["valid"], false);
    EXPECT_EQ(storage["rounds"][1]["gates"]["steal_ratio"], 0.031);
    EXPECT_EQ(storage["rounds"][1]["gates"]["gap_ratio"], nullptr);
    EXPECT_EQ(json["probes"][4]["reason_kind"], "permission");
    EXPECT_EQ(json["environment"]["host"]["container"], nullptr);
    EXPECT_EQ(json["resources"]["rows"][0][3], nullptr);
}

TEST(RunToJson, ends_in_a_newline_and_keeps_the_samples_of_a_measurement_on_one_line) {
    const std::string text = run_to_json(test::example_run());
    EXPECT_TRUE(text.ends_with("}\n"));
    EXPECT_THAT(text, HasSubstr("\n          \"samples\": [124000.0, 122884.0, "));
}

TEST(RunToJson, writes_a_negative_zero_as_zero) {
    assay::Run run = test::example_run();
    run.probes[0].rounds[0].gates.clock_drift_ppm = -0.0;
    EXPECT_THAT(run_to_json(run), HasSubstr("\"clock_drift_ppm\": 0.0}"));
}

TEST(RunToJson, replaces_bytes_that_are_no_utf8) {
    assay::Run run = test::example_run();
    run.label =
        "a\xff"
        "b";
    EXPECT_THAT(run_to_json(run), HasSubstr("\"label\": \"a\xef\xbf\xbd"
                                            "b\""));
}

using RunToJsonDeathTest = ::testing::Test;

TEST(RunToJsonDeathTest, aborts_on_numbers_that_are_not_finite) {
    for (const double bad :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        assay::Run run = test::example_run();
        run.duration_s = bad;
        EXPECT_DEATH(run_to_json(run), "not finite");
        run = test::example_run();
        run.probes[0].measurements[0].summary.mad = bad;
        EXPECT_DEATH(run_to_json(run), "not finite");
    }
}

TEST(ComparisonToJson, carries_the_whole_verdict) {
    const assay::Run source = test::example_run();
    assay::Run target = source;
    target.label = "dr01";
    test::scale_metric(target, "storage.random_read.iops", 0.35);
    test::make_network_self_test(target);
    const Json json = Json::parse(comparison_to_json(
        source, target, score::compare(source, target, score::default_policy())));
    EXPECT_EQ(json["schema"], "assay.comparison/1");
    EXPECT_EQ(json["decision"], "NO-GO");
    EXPECT_EQ(json["exit_status"], 2);
    EXPECT_EQ(json["source"]["label"], "prod-01");
    EXPECT_EQ(json["target"]["label"], "dr01");
    EXPECT_EQ(json["weakest"], "storage");
    EXPECT_EQ(json["grade"], "Poor");
    EXPECT_NEAR(json["overall"].get<double>(), (0.3 + 0.2 + 0.4 * 0.35) / 0.9, 1e-12);
    EXPECT_EQ(json["categories"][2]["ratio"], 0.35);
    EXPECT_EQ(json["categories"][2]["metrics"][0]["unit"], "op/s");
    EXPECT_EQ(json["categories"][2]["metrics"][0]["source"], 124'000.0);
    EXPECT_EQ(json["categories"][3]["ratio"], nullptr);
    EXPECT_THAT(json["categories"][3]["not_compared"].get<std::string>(), HasSubstr("SELF-TEST"));
}

}  // namespace
}  // namespace assay::report
