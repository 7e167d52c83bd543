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

TEST_F(Compare, as_json_is_one_document_for_one_target_and_a_list_for_several) {
    const std::string file = write("a.json", example());
    const std::string script =
        "import json, sys\n"
        "document = json.load(open(sys.argv[1]))\n"
        "print(type(document).__name__, len(document) if type(document) is list else '')\n";
    const std::string one = folder_.file("one.json");
    const Outcome written =
        run_assay({"compare", file, file, "--without", "network", "--format", "json", "-o", one});
    EXPECT_EQ(written.status, 0) << written.err;
    EXPECT_THAT(written.out, IsEmpty());
    EXPECT_THAT(written.err, HasSubstr("GO"));
    EXPECT_EQ(run_python(script, {one}).out, "dict \n");
    const Outcome several = run_assay({"compare", file, file, file, "--format", "json"});
    EXPECT_EQ(run_python(script, {folder_.write("several.json", several.out)}).out, "list 2\n");
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
