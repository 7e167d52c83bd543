#include "report/json_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <limits>

#include "report/json.h"
#include "report/json_writer.h"
#include "tests/support/example_run.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

Json example_json() {
    return Json::parse(run_to_json(test::example_run()));
}

std::string problem_of(std::string_view text) {
    const auto run = read_run(text);
    if (run)
        return "accepted";
    EXPECT_EQ(run.error().kind, ErrorKind::bad_input);
    return run.error().message;
}

TEST(ReadRun, gives_back_what_was_written) {
    const assay::Run run = test::example_run();
    const std::string text = run_to_json(run);
    const auto read = read_run(text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(run_to_json(*read), text);
    EXPECT_EQ(read->label, "prod-01");
    EXPECT_EQ(read->environment, run.environment);
    EXPECT_EQ(read->findings, run.findings);
    EXPECT_EQ(read->resources, run.resources);
    ASSERT_EQ(read->probes.size(), run.probes.size());
    for (std::size_t index = 0; index < run.probes.size(); ++index) {
        EXPECT_EQ(read->probes[index].id, run.probes[index].id);
        EXPECT_EQ(read->probes[index].status, run.probes[index].status);
        EXPECT_EQ(read->probes[index].measurements, run.probes[index].measurements);
        EXPECT_EQ(read->probes[index].rounds, run.probes[index].rounds);
        ASSERT_EQ(read->probes[index].reason.has_value(), run.probes[index].reason.has_value());
        if (run.probes[index].reason) {
            EXPECT_EQ(read->probes[index].reason->message, run.probes[index].reason->message);
            EXPECT_EQ(read->probes[index].reason->kind, run.probes[index].reason->kind);
        }
    }
}

TEST(ReadRun, gives_back_extreme_values_bit_by_bit) {
    assay::Run run = test::example_run();
    run.seed = std::numeric_limits<std::uint64_t>::max();
    run.label = "quote \" backslash \\ newline \n escape \x1b umlaut ü nul " + std::string(1, '\0');
    const std::vector<double> samples{
        0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 1e-10, 123456789.123456789};
    test::set_samples(run, "cpu.flops.double", samples);
    const auto read = read_run(run_to_json(run));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->seed, run.seed);
    EXPECT_EQ(read->label, run.label);
    EXPECT_EQ(read->probe("cpu.flops")->measurements[0].samples, samples);
}

TEST(ReadRun, reads_a_document_without_the_fields_that_may_be_left_out) {
    Json json = example_json();
    json.erase("resources");
    for (Json& probe : json["probes"]) {
        probe.erase("rounds");
        probe.erase("reason_kind");
        for (Json& measurement : probe["measurements"])
            measurement.erase("invalid_samples");
    }
    const auto run = read_run(json.dump());
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(run->probe("network.rtt")->reason->kind, ErrorKind::unsupported);
    EXPECT_EQ(run->probe("storage.fsync")->reason->kind, ErrorKind::internal);
    EXPECT_TRUE(run->resources.rows.empty());
}

TEST(ReadRun, passes_over_fields_that_it_does_not_know) {
    Json json = example_json();
    json["from_the_future"] = {{"a", 1}};
    json["probes"][0]["measurements"][0]["summary"]["p42"] = 42;
    EXPECT_EQ(problem_of(json.dump()), "accepted");
}

TEST(ReadRun, takes_whole_numbers_for_numbers) {
    Json json = example_json();
    json["duration_s"] = 287;
    const auto run = read_run(json.dump());
    ASSERT_TRUE(run);
    EXPECT_EQ(run->duration_s, 287);
}

TEST(Schema, of_a_newer_version_is_named_before_anything_else_is_looked_at) {
    EXPECT_THAT(problem_of(R"({"schema": "assay.run/2", "probes": 7})"),
                AllOf(HasSubstr("newer version of assay"), HasSubstr("assay.run/2"),
                      HasSubstr("update assay")));
    EXPECT_THAT(problem_of(R"({"schema": "assay.run/17"})"), HasSubstr("newer version"));
}

TEST(Schema, of_something_else_is_no_result_of_assay) {
    for (const char* text :
         {"{}", R"({"schema": 1})", R"({"schema": "fio"})", R"({"schema": null, "probes": []})"})
        EXPECT_THAT(problem_of(text), HasSubstr("no result of assay")) << text;
    EXPECT_THAT(problem_of("[]"), HasSubstr("$: expected an object"));
    for (const char* schema : {"assay.comparison/1", "assay.run/", "assay.run/0", "assay.run/1x",
                               "assay.run/99999999999999999999"})
        EXPECT_THAT(problem_of(Json({{"schema", schema}}).dump()), HasSubstr("no run of assay"))
            << schema;
}

struct BrokenCase {
    const char* name;
    std::function<void(Json&)> damage;
    const char* expected;
};

Json& measurement(Json& json, std::size_t probe, std::size_t index) {
    return json["probes"][probe]["measurements"][index];
}

class BrokenDocument : public ::testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenDocument, is_refused_with_the_place) {
    Json json = example_json();
    GetParam().damage(json);
    EXPECT_THAT(problem_of(json.dump()), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    ReadRun, BrokenDocument,
    ::testing::Values(
        BrokenCase{"no_label", [](Json& json) { json.erase("label"); },
                   "$.label: this field is missing"},
        BrokenCase{"label_type", [](Json& json) { json["label"] = 7; }, "$.label: expected a text"},
        BrokenCase{"run_id", [](Json& json) { json["run_id"] = "../../etc/passwd"; },
                   "$.run_id: expected a UUID"},
        BrokenCase{"started_at", [](Json& json) { json["started_at"] = "yesterday"; },
                   "$.started_at: expected a time"},
        BrokenCase{"started_zone",
                   [](Json& json) { json["started_at"] = "2025-11-20T09:30:00+01:00"; },
                   "$.started_at"},
        BrokenCase{"duration", [](Json& json) { json["duration_s"] = -1; },
                   "$.duration_s: expected a number of 0 or more"},
        BrokenCase{"seed", [](Json& json) { json["profile"]["seed"] = -1; },
                   "$.profile.seed: expected a whole number"},
        BrokenCase{"seed_fraction", [](Json& json) { json["profile"]["seed"] = 1.5; },
                   "$.profile.seed: expected a whole number"},
        BrokenCase{"workload", [](Json& json) { json["tool"]["workload_version"] = 0; },
                   "$.tool.workload_version"},
        BrokenCase{"workload_huge",
                   [](Json& json) { json["tool"]["workload_version"] = 4294967297; },
                   "$.tool.workload_version"},
        BrokenCase{"valid", [](Json& json) { json["validity"]["valid"] = "yes"; },
                   "$.validity.valid: expected true or false"},
        BrokenCase{"severity",
                   [](Json& json) { json["validity"]["findings"][0]["severity"] = "fatal"; },
                   "$.validity.findings[0].severity: expected info, warning or invalid"},
        BrokenCase{"probes", [](Json& json) { json["probes"] = Json::object(); },
                   "$.probes: expected a list"},
        BrokenCase{"probe_null", [](Json& json) { json["probes"][2] = nullptr; },
                   "$.probes[2]: expected an object"},
        BrokenCase{"status", [](Json& json) { json["probes"][1]["status"] = "passed"; },
                   "$.probes[1].status: expected measured, skipped or failed"},
        BrokenCase{"probe_twice", [](Json& json) { json["probes"][1]["id"] = "cpu.flops"; },
                   "$.probes[1].id: expected a probe that is not in the list already"},
        BrokenCase{"skip_reason", [](Json& json) { json["probes"][4]["reason"] = nullptr; },
                   "$.probes[4].reason"},
        BrokenCase{"measured_reason", [](Json& json) { json["probes"][0]["reason"] = "why"; },
                   "$.probes[0].reason"},
        BrokenCase{"reason_kind", [](Json& json) { json["probes"][4]["reason_kind"] = "bad luck"; },
                   "$.probes[4].reason_kind"},
        BrokenCase{"skipped_numbers",
                   [](Json& json) {
                       json["probes"][4]["measurements"] = json["probes"][0]["measurements"];
                   },
                   "$.probes[4].measurements"},
        BrokenCase{"unit", [](Json& json) { measurement(json, 0, 0)["unit"] = "MB/s"; },
                   "$.probes[0].measurements[0].unit: expected ns"},
        BrokenCase{"better", [](Json& json) { measurement(json, 0, 0)["better"] = "more"; },
                   ".better: expected higher, lower or neither"},
        BrokenCase{"conditions", [](Json& json) { measurement(json, 0, 0)["conditions"] = 1; },
                   ".conditions: expected an object"},
        BrokenCase{"sample", [](Json& json) { measurement(json, 0, 0)["samples"][3] = "1"; },
                   "$.probes[0].measurements[0].samples[3]: expected a number"},
        BrokenCase{"sample_null",
                   [](Json& json) { measurement(json, 0, 0)["samples"][0] = nullptr; },
                   ".samples[0]: expected a number"},
        BrokenCase{"percentile_field",
                   [](Json& json) { measurement(json, 2, 1)["percentiles"].erase("p99.9"); },
                   "$.probes[2].measurements[1].percentiles.p99.9: this field is missing"},
        BrokenCase{"gates", [](Json& json) { json["probes"][0]["rounds"][0].erase("gates"); },
                   "$.probes[0].rounds[0].gates: this field is missing"},
        BrokenCase{"row_length", [](Json& json) { json["resources"]["rows"][1].erase(0); },
                   "$.resources.rows[1]: expected a list of 4 values"},
        BrokenCase{"cell", [](Json& json) { json["resources"]["rows"][0][0] = "x"; },
                   "$.resources.rows[0]: expected numbers or null"}),
    [](const auto& name_info) { return std::string(name_info.param.name); });

TEST(Summary, that_disagrees_with_the_samples_is_refused) {
    for (const char* field : {"n", "median", "min", "max", "mad", "ci95_low", "ci95_high"}) {
        for (const Json& lie : {Json(nullptr), Json(1), Json(1.4e12)}) {
            if (lie.is_null() && std::string_view(field) == "n")
                continue;
            Json json = example_json();
            measurement(json, 0, 3)["summary"][field] = lie;
            EXPECT_THAT(problem_of(json.dump()),
                        std::string_view(field) == "n" && lie.is_number_float()
                            ? HasSubstr("expected a whole number")
                            : HasSubstr("the summary disagrees with the samples"))
                << field;
        }
    }
    // A sample that was made ten times faster is found by its summary.
    Json json = example_json();
    for (Json& sample : measurement(json, 0, 3)["samples"])
        sample = sample.get<double>() * 10;
    EXPECT_THAT(problem_of(json.dump()),
                HasSubstr("$.probes[0].measurements[3].summary: the summary disagrees"));
}

TEST(Summary, may_differ_in_the_last_digits) {
    Json json = example_json();
    Json& median = measurement(json, 0, 3)["summary"]["median"];
    median = median.get<double>() * (1 + 5e-10);
    EXPECT_EQ(problem_of(json.dump()), "accepted");
    median = median.get<double>() * (1 + 2e-9);
    EXPECT_THAT(problem_of(json.dump()), HasSubstr("disagrees"));
}

TEST(Summary, of_samples_beyond_all_measure_is_refused_and_not_written_again) {
    Json json = example_json();
    Json& broken = measurement(json, 0, 0);
    broken["samples"] = {-1.7e308, -1.7e308, 1.7e308};
    broken["summary"] = {{"n", 3},   {"median", -1.7e308},  {"min", -1.7e308},     {"max", 1.7e308},
                         {"mad", 0}, {"ci95_low", nullptr}, {"ci95_high", nullptr}};
    EXPECT_EQ(problem_of(json.dump()), "accepted");
    // Four of them have an infinite deviation.
    broken["samples"] = {-1.7e308, -1.7e308, 1.7e308, 1.7e308};
    broken["summary"]["n"] = 4;
    broken["summary"]["median"] = 0;
    broken["summary"]["mad"] = 1.7e308;
    EXPECT_EQ(problem_of(json.dump()), "accepted");
    broken["samples"] = {-1.7e308, -1.6e308, 1.7e308};
    broken["summary"]["n"] = 3;
    broken["summary"]["median"] = -1.6e308;
    broken["summary"]["mad"] = 1.7e308;
    EXPECT_THAT(problem_of(json.dump()), HasSubstr("disagrees"));
}

TEST(Percentiles, that_contradict_themselves_are_refused) {
    const std::pair<const char*, Json> lies[] = {{"count", 298},   {"p50", 300'000}, {"p50", 10},
                                                 {"p99.9", 1e12},  {"max", nullptr}, {"min", 1e12},
                                                 {"p99.99", 2.0e6}};
    for (const auto& [field, lie] : lies) {
        Json json = example_json();
        measurement(json, 2, 3)["percentiles"][field] = lie;
        EXPECT_THAT(problem_of(json.dump()), HasSubstr("the percentiles disagree")) << field << lie;
    }
}

TEST(Samples, are_at_most_a_hundred_thousand) {
    Json json = example_json();
    measurement(json, 0, 0)["samples"] = std::vector<int>(100'001, 1);
    EXPECT_THAT(problem_of(json.dump()), HasSubstr("at most 100000 numbers"));
}

TEST(Garbage, is_refused_at_every_length) {
    const std::string text = run_to_json(test::example_run());
    for (std::size_t length = 0; length + 2 < text.size(); length += 97)
        EXPECT_NE(problem_of(std::string_view(text).substr(0, length)), "accepted") << length;
}

class ReadRunFile : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "assay_read_XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }
    fs::path folder_;
};

TEST_F(ReadRunFile, reads_a_file_and_names_it_in_errors) {
    std::ofstream(folder_ / "a.json") << run_to_json(test::example_run());
    EXPECT_TRUE(read_run_file(folder_ / "a.json"));
    std::ofstream(folder_ / "b.json") << "{]";
    const auto broken = read_run_file(folder_ / "b.json");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().kind, ErrorKind::bad_input);
    EXPECT_THAT(broken.error().message, AllOf(HasSubstr("b.json"), HasSubstr("byte 2")));
    const auto missing = read_run_file(folder_ / "c.json");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
}

TEST_F(ReadRunFile, refuses_a_huge_file_before_reading_it) {
    const fs::path path = folder_ / "huge.json";
    std::ofstream(path) << "{";
    fs::resize_file(path, kGiB);  // sparse: takes no space
    const auto run = read_run_file(path);
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().kind, ErrorKind::bad_input);
    EXPECT_THAT(run.error().message, HasSubstr("larger than 64 MiB"));
    fs::resize_file(path, 64 * kMiB);
    EXPECT_THAT(read_run_file(path).error().message, HasSubstr("no JSON"));
}

TEST_F(ReadRunFile, refuses_what_is_no_regular_file_without_waiting_for_it) {
    ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    for (const fs::path& path : {fs::path("/dev/zero"), folder_ / "pipe", folder_}) {
        const auto run = read_run_file(path);
        ASSERT_FALSE(run) << path;
        EXPECT_EQ(run.error().kind, ErrorKind::bad_input) << path;
    }
}

}  // namespace
}  // namespace assay::report
