#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/json_writer.h"
#include "tests/cli/assay_process.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

namespace assay::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class FormatsCommand : public testing::Test {
  protected:
    std::string write(const std::string& name, const assay::Run& run) const {
        return folder_.write(name, report::run_to_json(run));
    }
    TempFolder folder_;
};

TEST_F(FormatsCommand, report_writes_each_format_of_a_run) {
    const std::string file = write("a.json", full_run());
    const std::vector<std::pair<std::string, std::string>> beginnings{
        {"html", "<!DOCTYPE html>"}, {"csv", "run,probe,"},     {"markdown", "# "},
        {"junit", "<?xml"},          {"openmetrics", "# HELP"}, {"nagios", "ASSAY "}};
    for (const auto& [format, beginning] : beginnings) {
        const Outcome outcome = run_assay({"report", file, "--format", format});
        EXPECT_EQ(outcome.status, 0) << format << outcome.err;
        EXPECT_THAT(outcome.out, StartsWith(beginning));
        EXPECT_THAT(outcome.err, IsEmpty());
    }
}

TEST_F(FormatsCommand, compare_writes_each_format_and_ends_with_the_decision) {
    const std::string source = write("a.json", full_run());
    assay::Run weak = full_run();
    for (const char* metric : {"storage.random_read.iops", "storage.random_write.iops"})
        scale_metric(weak, metric, 0.1);
    const std::string target = write("b.json", weak);
    const int status = run_assay({"compare", source, target}).status;
    for (const char* format : {"html", "csv", "markdown", "junit", "nagios"}) {
        const Outcome outcome = run_assay({"compare", source, target, "--format", format});
        EXPECT_EQ(outcome.status, status) << format << outcome.err;
        EXPECT_GT(outcome.out.size(), 100u) << format;
    }
    const Outcome two = run_assay({"compare", source, target, target, "--format", "csv"});
    EXPECT_EQ(two.status, 64);
    EXPECT_TRUE(is_one_sentence(two.err)) << two.err;
}

TEST_F(FormatsCommand, nagios_says_unknown_with_3_where_something_was_not_measured) {
    const Outcome outcome =
        run_assay({"report", write("a.json", example_run()), "--format", "nagios"});
    EXPECT_EQ(outcome.status, 3);
    EXPECT_THAT(outcome.out, StartsWith("ASSAY UNKNOWN: prod-01, 4 of 6 probes measured"));
}

TEST_F(FormatsCommand, openmetrics_pass_promtool_where_it_is_installed) {
    const std::string prom = folder_.file("assay.prom");
    ASSERT_EQ(
        run_assay({"report", write("a.json", full_run()), "--format", "openmetrics", "-o", prom})
            .status,
        0);
    if (run_words({"promtool", "--version"}).status != 0)
        GTEST_SKIP() << "promtool is not installed (Debian package prometheus)";
    const Outcome checked = run_words({"sh", "-c", "promtool check metrics < " + prom});
    EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
    EXPECT_THAT(checked.err, IsEmpty());
}

TEST_F(FormatsCommand, junit_and_html_are_well_formed) {
    const std::string file = write("a.json", full_run());
    const std::string junit =
        folder_.write("a.xml", run_assay({"report", file, "--format", "junit"}).out);
    const Outcome parsed = run_python(
        "import sys, xml.etree.ElementTree as tree\n"
        "suite = tree.parse(sys.argv[1]).getroot()[0]\n"
        "print(len(suite.findall('testcase')) == int(suite.get('tests')))\n",
        {junit});
    EXPECT_EQ(parsed.out, "True\n") << parsed.err;
    const std::string html =
        folder_.write("a.html", run_assay({"compare", file, file, "--format", "html"}).out);
    const Outcome balanced = run_python(
        "import sys\n"
        "from html.parser import HTMLParser\n"
        "class Check(HTMLParser):\n"
        "    stack = []\n"
        "    def handle_starttag(self, tag, _):\n"
        "        if tag != 'meta': self.stack.append(tag)\n"
        "    def handle_endtag(self, tag):\n"
        "        assert self.stack.pop() == tag, tag\n"
        "check = Check(); check.feed(open(sys.argv[1]).read()); print(check.stack)\n",
        {html});
    EXPECT_EQ(balanced.out, "[]\n") << balanced.err;
}

}  // namespace
}  // namespace assay::test
