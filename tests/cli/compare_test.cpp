#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/json_writer.h"
#include "tests/cli/assay_process.h"
#include "tests/support/example_run.h"

namespace assay::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// Files of runs that differ from the example in a known way.
class Compare : public testing::Test {
  protected:
    std::string write(const std::string& name, const assay::Run& run) const {
        return folder_.write(name, report::run_to_json(run));
    }
    static assay::Run example() {
        assay::Run run = example_run();
        make_network_self_test(run);
        return run;
    }
    TempFolder folder_;
};

TEST_F(Compare, a_run_with_itself_is_one_in_every_measured_category) {
    const std::string file = write("a.json", example());
    const Outcome outcome = run_assay({"compare", file, file, "--without", "network"});
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("GO"));
    EXPECT_THAT(outcome.out, HasSubstr("1.00"));
    EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(Compare, a_network_that_is_a_self_test_is_named_and_is_no_pass) {
    const std::string file = write("a.json", example());
    const Outcome outcome = run_assay({"compare", file, file});
    EXPECT_EQ(outcome.status, 3) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("1.00"));
    EXPECT_THAT(outcome.out, HasSubstr("SELF-TEST"));
    EXPECT_THAT(outcome.out, HasSubstr("--without"));
}

TEST_F(Compare, weak_storage_is_no_go_however_strong_the_processor_is) {
    const std::string source = write("a.json", example());
    assay::Run changed = example();
    scale_metric(changed, "storage.random_read.iops", 0.35);
    scale_metric(changed, "cpu.flops.double", 3);
    const Outcome outcome = run_assay({"compare", source, write("b.json", changed)});
    EXPECT_EQ(outcome.status, 2) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("NO-GO"));
    EXPECT_THAT(outcome.out, HasSubstr("0.35"));
    EXPECT_THAT(outcome.out, HasSubstr("3.00"));
}

TEST_F(Compare, missing_data_is_inconclusive_and_never_a_pass) {
    const std::string source = write("a.json", example());
    assay::Run changed = example();
    std::erase_if(changed.probes,
                  [](const ProbeResult& probe) { return probe.id == "storage.random_read"; });
    const std::string target = write("b.json", changed);
    const Outcome outcome = run_assay({"compare", source, target});
    EXPECT_EQ(outcome.status, 3) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("INCONCLUSIVE"));
    const Outcome without = run_assay({"compare", source, target, "--without", "storage,network"});
    EXPECT_EQ(without.status, 0) << without.out << without.err;
    EXPECT_THAT(without.out, HasSubstr("storage"));
}

TEST_F(Compare, several_targets_end_with_the_worst_of_their_statuses) {
    const std::string source = write("a.json", example());
    assay::Run weak = example();
    scale_metric(weak, "storage.random_read.iops", 0.35);
    assay::Run missing = example();
    std::erase_if(missing.probes, [](const ProbeResult& probe) { return probe.id == "cpu.flops"; });
    const std::string weak_file = write("weak.json", weak);
    const std::string missing_file = write("missing.json", missing);
    EXPECT_EQ(run_assay({"compare", source, source, "--without", "network"}).status, 0);
    EXPECT_EQ(run_assay({"compare", source, missing_file, source, "--without", "network"}).status,
              3);
    const Outcome all =
        run_assay({"compare", source, missing_file, weak_file, source, "--without", "network"});
    EXPECT_EQ(all.status, 2);
    EXPECT_THAT(all.out, HasSubstr("INCONCLUSIVE"));
    EXPECT_THAT(all.out, HasSubstr("NO-GO"));
}

TEST_F(Compare, as_json_is_one_document_and_a_ranking_of_several) {
    const std::string file = write("a.json", example());
    const std::string script =
        "import json, sys\n"
        "document = json.load(open(sys.argv[1]))\n"
        "print(document['schema'], len(document.get('comparisons', [])), "
        "[row['rank'] for row in document.get('ranking', [])])\n";
    const std::string one = folder_.file("one.json");
    const Outcome written =
        run_assay({"compare", file, file, "--without", "network", "--format", "json", "-o", one});
    EXPECT_EQ(written.status, 0) << written.err;
    EXPECT_THAT(written.out, IsEmpty());
    EXPECT_THAT(written.err, HasSubstr("GO"));
    EXPECT_EQ(run_python(script, {one}).out, "assay.comparison/1 0 []\n");
    const Outcome several = run_assay({"compare", file, file, file, "--format", "json"});
    EXPECT_EQ(run_python(script, {folder_.write("several.json", several.out)}).out,
              "assay.ranking/1 2 [1, 1]\n");
}

TEST_F(Compare, ranks_several_targets_and_recommends_one) {
    assay::Run source = example_run(), better = source, worse = source;
    better.label = "aws";
    worse.label = "cloudstack";
    for (const char* metric : {"cpu.flops.double", "memory.bandwidth.read",
                               "storage.random_read.iops", "network.tcp.bandwidth"}) {
        scale_metric(better, metric, 1.10);
        scale_metric(worse, metric, 0.95);
    }
    const Outcome outcome = run_assay(
        {"compare", write("s.json", source), write("w.json", worse), write("b.json", better)});
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Recommended: aws (1.10 ["));
    EXPECT_THAT(outcome.out, HasSubstr("surely ahead of cloudstack (0.95 ["));
    EXPECT_LT(outcome.out.find("aws"), outcome.out.find("cloudstack"));
}

TEST_F(Compare, with_compat_is_the_requirements_document) {
    const assay::Run source = example_run();
    assay::Run target = source;
    scale_metric(target, "cpu.flops.double", 0.90);
    scale_metric(target, "memory.bandwidth.read", 0.95);
    scale_metric(target, "storage.random_read.iops", 0.80);
    const std::string file = write("s.json", source);
    const Outcome outcome = run_assay({"compare", file, write("t.json", target), "--compat"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const std::string script =
        "import json, sys\n"
        "document = json.load(open(sys.argv[1]))\n"
        "print(document['status'], json.dumps(document['comparison']))\n";
    EXPECT_EQ(run_python(script, {folder_.write("compat.json", outcome.out)}).out,
              "completed {\"overall_score\": 0.88, \"cpu_ratio\": 0.9, \"memory_ratio\": 0.95, "
              "\"storage_ratio\": 0.8, \"network_ratio\": 1.0, \"recommendation\": \"Good\", "
              "\"warnings\": [\"Storage IOPS 20% lower than source - may impact database "
              "workloads\"]}\n");
    // What was not measured is null, and no score over the rest stands in for the whole.
    assay::Run partial = target;
    make_network_self_test(partial);
    const Outcome missing = run_assay({"compare", file, write("p.json", partial), "--compat"});
    EXPECT_EQ(missing.status, 3);
    EXPECT_THAT(missing.out, HasSubstr("\"overall_score\": null"));
    EXPECT_THAT(missing.out, HasSubstr("\"network_ratio\": null"));
    EXPECT_THAT(missing.out, HasSubstr("\"recommendation\": \"Inconclusive\""));
}

TEST_F(Compare, before_and_after_shows_what_is_proven) {
    const assay::Run before = example_run();
    assay::Run after = before;
    scale_metric(after, "storage.random_read.iops", 6);
    const std::string first = write("before.json", before), second = write("after.json", after);
    const Outcome outcome = run_assay({"compare", "--before", first, "--after", second});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("+500 %"));
    EXPECT_THAT(outcome.out, HasSubstr("1 better, 0 worse"));
    const Outcome json =
        run_assay({"compare", "--before", first, "--after", second, "--format", "json"});
    EXPECT_THAT(json.out, HasSubstr("assay.change/1"));
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"compare", "--before", first},
          std::vector<std::string>{"compare", first, second, "--after", second},
          std::vector<std::string>{"compare", first}}) {
        const Outcome wrong = run_assay(words);
        EXPECT_EQ(wrong.status, 64) << wrong.out;
        EXPECT_TRUE(is_one_sentence(wrong.err) || wrong.err.size() > 40) << wrong.err;
    }
}

TEST_F(Compare, fails_before_comparing_when_the_report_cannot_be_written) {
    const std::string file = write("a.json", example());
    const Outcome outcome = run_assay({"compare", file, file, "-o", "/no/such/folder/x.txt"});
    EXPECT_EQ(outcome.status, 73);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

TEST_F(Compare, report_rewrites_a_run_without_changing_it) {
    const std::string file = write("a.json", example());
    const Outcome json = run_assay({"report", file, "--format", "json"});
    EXPECT_EQ(json.status, 0) << json.err;
    EXPECT_EQ(json.out, content_of(file));
    const Outcome text = run_assay({"report", file});
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr("prod-01"));
}

}  // namespace
}  // namespace assay::test
