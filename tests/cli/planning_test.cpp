#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/json_writer.h"
#include "tests/cli/assay_process.h"
#include "tests/support/restore_runs.h"

/// `predict`, `capacity` and `explain`, which ask no machine.
namespace assay::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Planning : public testing::Test {
  protected:
    std::string source() const { return write("source.json", restore_source()); }
    std::string target(const RestoreRates& rates = {}) const {
        return write("target.json", restore_target(rates));
    }
    /// Result files have all sections of an environment.
    std::string write(const std::string& name, assay::Run run) const {
        Value::Object sections;
        for (const char* section :
             {"host", "cpu", "memory", "numa", "storage", "network", "kernel", "cgroup"})
            sections.push_back({section, Value(Value::Object{})});
        run.environment = Value(sections);
        return folder_.write(name, report::run_to_json(run));
    }
    TempFolder folder_;
};

TEST_F(Planning, predict_answers_with_the_status_of_its_decision) {
    // 2 TB at 200 MB/s of restored data take 10 000 s.
    const auto status = [&](const char* rto) {
        const Outcome outcome =
            run_assay({"predict", "--data", "2TB", "--rto", rto, source(), target()});
        EXPECT_THAT(outcome.err, IsEmpty());
        EXPECT_THAT(outcome.out, HasSubstr("bottleneck network")) << outcome.out;
        return outcome.status;
    };
    EXPECT_EQ(status("4h"), 0);
    EXPECT_EQ(status("170m"), 1);
    EXPECT_EQ(status("1h"), 2);
}

TEST_F(Planning, predict_is_inconclusive_where_a_stage_is_missing) {
    RestoreRates rates;
    rates.write.clear();
    const Outcome outcome =
        run_assay({"predict", "--data", "2TB", "--rto", "30h", source(), target(rates)});
    EXPECT_EQ(outcome.status, 3) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("storage.sequential_write is not in the run"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("takes")));
}

TEST_F(Planning, predict_takes_a_declared_link_and_labels_it) {
    RestoreRates rates;
    rates.network.clear();
    const std::string to = target(rates);
    EXPECT_EQ(run_assay({"predict", "--data", "1TB", "--rto", "4h", source(), to}).status, 3);
    const Outcome outcome =
        run_assay({"predict", "--data", "1TB", "--rto", "4h", "--link", "1Gbit/s", source(), to});
    EXPECT_EQ(outcome.status, 0) << outcome.out;  // 1 TB at 250 MB/s: 4000 s
    EXPECT_THAT(outcome.out, HasSubstr("takes 1:06:"));
    EXPECT_THAT(outcome.out, HasSubstr("declared"));
}

TEST_F(Planning, predict_refuses_what_it_cannot_mean) {
    const std::string from = source(), to = target();
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"--data", "2TB"},
                                               {"--rto", "1h"},
                                               {"--data", "lots", "--rto", "1h"},
                                               {"--data", "2TB", "--rto", "1h", "--rpo", "5m"},
                                               {"--data", "2TB", "--rto", "1h", "--link", "fast"},
                                               {"--data", "2TB", "--rto", "1h", "--ratio", "0.5"},
                                               {"--data", "2TB", "--rto", "1h", "--ratio", "nan"},
                                               {"--data", "2TB", "--rto", "1h", "--cpu", "two"}}) {
        std::vector<std::string> line{"predict"};
        line.insert(line.end(), words.begin(), words.end());
        line.insert(line.end(), {from, to});
        const Outcome outcome = run_assay(line);
        EXPECT_EQ(outcome.status, 64) << testing::PrintToString(words) << outcome.out;
        EXPECT_THAT(outcome.out, IsEmpty());
        EXPECT_THAT(outcome.err, Not(IsEmpty()));
    }
}

TEST_F(Planning, predict_writes_the_same_document_for_the_same_seed) {
    const std::string from = source(), to = target();
    const auto document = [&](const char* seed) {
        return run_assay({"predict", "--data", "2TB", "--rto", "1h", "--seed", seed, "--format",
                          "json", from, to})
            .out;
    };
    EXPECT_THAT(document("7"), HasSubstr("assay.prediction/1"));
    EXPECT_EQ(document("7"), document("7"));
    EXPECT_NE(document("7"), document("8"));
}

TEST_F(Planning, capacity_shows_its_arithmetic_and_its_document) {
    const Outcome outcome =
        run_assay({"capacity", target(), "--dataset", "1TB", "--snapshots-per-day", "4",
                   "--retention", "168h", "--faults", "2"});
    EXPECT_EQ(outcome.status, 3) << outcome.out << outcome.err;  // this run has no inventory
    EXPECT_THAT(outcome.out, HasSubstr("1.00 TB x 3 + 4 x 7 x"));
    EXPECT_THAT(outcome.out, HasSubstr("decube-performance-guide.md:484"));
    EXPECT_THAT(outcome.out, HasSubstr("3 x 2 + 1 = 7 nodes"));
    EXPECT_EQ(run_assay({"capacity", target(), "--retention", "168h"}).status, 64);
    EXPECT_EQ(run_assay({"capacity", target(), "--users", "-3"}).status, 64);
}

TEST_F(Planning, explain_knows_findings_and_recommendations) {
    const Outcome all = run_assay({"explain"});
    EXPECT_EQ(all.status, 0);
    for (const char* id : {"steal", "flush_swallowed", "required_cores", "restore_bottleneck"}) {
        EXPECT_THAT(all.out, HasSubstr(id));
        const Outcome page = run_assay({"explain", id});
        EXPECT_EQ(page.status, 0) << page.err;
        for (const char* heading : {"What it means", "How it is detected", "What to do"})
            EXPECT_THAT(page.out, HasSubstr(heading)) << id;
    }
    const Outcome unknown = run_assay({"explain", "stael"});
    EXPECT_EQ(unknown.status, 64);
    EXPECT_THAT(unknown.err, HasSubstr("steal"));
}

}  // namespace
}  // namespace assay::test
