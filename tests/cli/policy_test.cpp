#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "report/json_writer.h"
#include "tests/cli/assay_process.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

namespace assay::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Check : public testing::Test {
  protected:
    std::string write(const std::string& name, const assay::Run& run) const {
        return folder_.write(name, report::run_to_json(run));
    }
    TempFolder folder_;
};

TEST_F(Check, judges_a_host_by_a_shipped_policy) {
    // p99 of the example's 2300 B commits is 1.8 ms, and of its round trips 0.42 ms; what etcd's
    // page asks at 8000 B was not measured, which is a condition and no miss.
    const std::string file = write("a.json", full_run());
    const Outcome outcome = run_assay({"check", file, "--policy", "etcd"});
    EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("GO WITH CONDITIONS"), HasSubstr("policy etcd"),
                                   HasSubstr("1.80 ms"), HasSubstr("at most 10.0 ms"),
                                   HasSubstr("limits met 2 of 4")));
    const Outcome json = run_assay({"check", file, "--policy", "etcd", "--format", "json"});
    EXPECT_THAT(json.out, HasSubstr("assay.check/1"));
}

TEST_F(Check, is_no_go_where_a_required_limit_is_missed_and_inconclusive_where_it_is_unknown) {
    assay::Run slow = full_run();
    scale_metric(slow, "storage.fsync.latency", 10);
    const Outcome missed = run_assay({"check", write("a.json", slow), "--policy", "etcd"});
    EXPECT_EQ(missed.status, 2) << missed.out;
    EXPECT_THAT(missed.out,
                AllOf(HasSubstr("18.0 ms"), HasSubstr("missed"), HasSubstr("etcd FAQ")));
    assay::Run without = full_run();
    std::erase_if(without.probes,
                  [](const ProbeResult& probe) { return probe.id == "storage.fsync"; });
    EXPECT_EQ(run_assay({"check", write("b.json", without), "--policy", "etcd"}).status, 3);
    // The same in a comparison that would else be GO.
    const std::string source = write("s.json", full_run());
    const Outcome compared =
        run_assay({"compare", source, write("a.json", slow), "--policy", "etcd"});
    EXPECT_EQ(compared.status, 2);
    EXPECT_THAT(compared.out, HasSubstr("WAL fsync p99"));
}

TEST_F(Check, lets_a_waiver_make_a_condition_of_a_miss) {
    const std::string policy =
        "[[limits]]\nname = \"commit p99\"\nmetric = \"storage.fsync.commit\"\n"
        "conditions = { block_bytes = 4096, load = \"none\" }\nstatistic = \"p99\"\n"
        "at_most = \"1 ms\"\n";
    const std::string file = write("a.json", full_run());
    EXPECT_EQ(run_assay({"check", file, "--policy", folder_.write("p.toml", policy)}).status, 2);
    const std::string waived = policy +
                               "[[waivers]]\nwhat = \"commit p99\"\nwho = \"Ada Lovelace\"\n"
                               "why = \"the new array comes in May\"\nuntil = 2099-05-01\n";
    const Outcome outcome = run_assay({"check", file, "--policy", folder_.write("w.toml", waived)});
    EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
    const std::string words = std::regex_replace(outcome.out, std::regex("\\s+"), " ");
    EXPECT_THAT(words, HasSubstr("Waived by Ada Lovelace until 2099-05-01: the new array comes in "
                                 "May."));
}

TEST_F(Check, refuses_a_wrong_policy_with_its_place_and_status_78) {
    const std::string file = write("a.json", full_run());
    struct Wrong {
        const char* text;
        const char* place;
    };
    for (const Wrong& wrong :
         {Wrong{"[weights]\ncpu = -0.3\n", ":2:7: "}, Wrong{"confidence = nan\n", ":1:14: "},
          Wrong{"[overal]\n", ":1:"},
          Wrong{"[[waivers]]\nwhat = \"cpu\"\nwho = \"a\"\nwhy = \"b\"\nuntil = 2020-01-01\n",
                ":5:9: "}}) {
        const std::string policy = folder_.write("p.toml", wrong.text);
        for (const Outcome& outcome : {run_assay({"check", file, "--policy", policy}),
                                       run_assay({"compare", file, file, "--policy", policy})}) {
            EXPECT_EQ(outcome.status, 78) << wrong.text;
            EXPECT_THAT(outcome.err, HasSubstr(policy + wrong.place));
            EXPECT_THAT(outcome.out, testing::IsEmpty());
        }
    }
    const Outcome missing = run_assay({"check", file, "--policy", "ectd"});
    EXPECT_EQ(missing.status, 78);
    EXPECT_THAT(missing.err, HasSubstr("default, "));
    EXPECT_EQ(run_assay({"check", file}).status, 64);
}

}  // namespace
}  // namespace assay::test
