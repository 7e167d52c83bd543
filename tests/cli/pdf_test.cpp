#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "report/json_writer.h"
#include "tests/cli/assay_process.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"
#include "tests/support/pdf_words.h"

namespace assay::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class PdfCommand : public testing::Test {
  protected:
    std::string write(const std::string& name, const assay::Run& run) const {
        return folder_.write(name, report::run_to_json(run));
    }
    TempFolder folder_;
};

TEST_F(PdfCommand, report_and_compare_write_the_same_sound_file_each_time) {
    const std::string source = write("a.json", full_run());
    assay::Run weak = full_run();
    weak.label = "dr-07";
    for (const char* metric : {"storage.random_read.iops", "storage.random_write.iops"})
        scale_metric(weak, metric, 0.1);
    const std::string target = write("b.json", weak);
    const std::vector<std::vector<std::string>> calls{
        {"report", source},
        {"compare", source, target},
        {"compare", source, target, target},
        {"compare", "--before", source, "--after", target}};
    for (std::vector<std::string> words : calls) {
        words.insert(words.end(), {"--format", "pdf"});
        const Outcome first = run_assay(words), second = run_assay(words);
        EXPECT_THAT(first.err, IsEmpty());
        EXPECT_THAT(first.out, StartsWith("%PDF-1."));
        EXPECT_EQ(first.out, second.out);
        EXPECT_LT(first.out.size(), 500'000u);
        if (has_pdf_tools()) {
            EXPECT_EQ(checked_pdf(first.out).qpdf_status, 0);
        }
        words.insert(words.end(), {"-o", folder_.file("x.pdf")});
        EXPECT_EQ(run_assay(words).status, first.status);
        EXPECT_EQ(content_of(folder_.file("x.pdf")), first.out);
    }
    EXPECT_EQ(run_assay({"compare", source, target, "--format", "pdf"}).status,
              run_assay({"compare", source, target}).status);
    if (has_pdf_tools()) {
        const Outcome judged = run_assay({"compare", source, target, "--format", "pdf"});
        EXPECT_THAT(text_of_pdf(judged.out, 1), HasSubstr("NO-GO"));
    }
}

/// As many measurements as a deep run has, and their many conditions.
TEST_F(PdfCommand, a_deep_run_takes_less_than_three_seconds_and_stays_small) {
    assay::Run deep = full_run();
    const std::vector<ProbeResult> probes = deep.probes;
    for (int round = 1; round < 12; ++round)
        for (const ProbeResult& probe : probes) {
            ProbeResult& known = probe_of(deep, probe.id);
            for (Measurement measurement : probe.measurements) {
                measurement.conditions.push_back({"repeat", round});
                known.measurements.push_back(std::move(measurement));
            }
        }
    const std::string file = write("deep.json", deep);
    const Outcome outcome = run_assay({"report", file, "--format", "pdf"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_LT(outcome.out.size(), 500'000u);
    EXPECT_LT(outcome.seconds, 3.0);
}

TEST_F(PdfCommand, says_in_one_sentence_where_there_is_no_font) {
    const std::string file = write("a.json", full_run());
    const std::string fonts =
        folder_.write("fonts.conf", "<?xml version=\"1.0\"?><fontconfig></fontconfig>");
    Invocation call = assay({"report", file, "--format", "pdf", "-o", folder_.file("x.pdf")});
    call.environment.push_back("FONTCONFIG_FILE=" + fonts);
    const Outcome outcome = run_program(call);
    EXPECT_EQ(outcome.status, 69);
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("fonts-dejavu-core"));
    EXPECT_FALSE(std::filesystem::exists(folder_.file("x.pdf")));
}

TEST_F(PdfCommand, the_libraries_of_the_pages_are_loaded_for_a_pdf_only) {
    const std::string file = write("a.json", full_run());
    const auto loaded = [&](std::vector<std::string> words) {
        Invocation call = assay(std::move(words));
        call.environment.push_back("LD_DEBUG=files");
        call.environment.push_back("LD_DEBUG_OUTPUT=" + folder_.file("loaded"));
        EXPECT_EQ(run_program(call).status, 0);
        std::string text;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.file("")))
            if (entry.path().filename().string().starts_with("loaded.")) {
                text += content_of(entry.path());
                std::filesystem::remove(entry.path());
            }
        return text;
    };
    EXPECT_THAT(loaded({"report", file, "--format", "html"}), Not(HasSubstr("libcairo")));
    EXPECT_THAT(loaded({"report", file, "--format", "pdf"}), HasSubstr("libcairo"));
}

}  // namespace
}  // namespace assay::test
