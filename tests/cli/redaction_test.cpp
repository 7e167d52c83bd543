#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <regex>

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

/// The names of the example run, which no copy for others may hold.
constexpr std::array kNames{"prod-01",      "esx-guest-07", "/srv/data",   "10.0.0.9",
                            "Example NVMe", "nvme0n1",      "Example 8000"};

class RedactCommand : public testing::Test {
  protected:
    Outcome run(std::vector<std::string> words) const {
        Invocation call = assay(std::move(words));
        call.environment.push_back("XDG_STATE_HOME=" + folder_.file("state"));
        return run_program(call);
    }
    std::string input(const std::string& name = "a.json", double factor = 1) const {
        assay::Run host = full_run();
        scale_metric(host, "storage.random_read.iops", factor);
        return folder_.write(name, report::run_to_json(host));
    }
    static std::string pseudonym_in(const std::string& json) {
        static const std::regex label(R"re("label": "(id-[0-9a-f]{12})")re");
        std::smatch match;
        return std::regex_search(json, match, label) ? match[1].str() : "";
    }
    static mode_t mode_of(const std::string& file) {
        struct stat status {};
        return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777u : 0;
    }
    TempFolder folder_;
};

TEST_F(RedactCommand, every_format_of_both_commands_loses_the_names) {
    const std::string file = input(), other = input("b.json", 0.3);
    for (const char* level : {"partner", "public"}) {
        for (const char* format :
             {"text", "json", "html", "pdf", "csv", "markdown", "junit", "openmetrics", "nagios"}) {
            std::vector<Outcome> outcomes{
                run({"report", file, "--format", format, "--redact", level})};
            EXPECT_EQ(outcomes[0].status, 0) << format << outcomes[0].err;
            if (std::string_view(format) != "openmetrics") {
                outcomes.push_back(
                    run({"compare", file, other, "--format", format, "--redact", level}));
                EXPECT_EQ(outcomes[1].status, run({"compare", file, other}).status) << format;
            }
            for (const Outcome& outcome : outcomes) {
                EXPECT_THAT(outcome.err, IsEmpty());
                EXPECT_GT(outcome.out.size(), 20u) << format;
                std::string text = outcome.out;
                if (text.starts_with("%PDF") && has_pdf_tools())
                    text += text_of_pdf(outcome.out);
                for (const char* name : kNames)
                    EXPECT_THAT(text, Not(HasSubstr(name))) << format << " " << level;
            }
        }
    }
}

TEST_F(RedactCommand, a_name_of_one_host_goes_out_of_the_other_hosts_sentences) {
    assay::Run source = full_run(), target = full_run();
    target.label = "wombat";
    for (assay::ProbeResult& probe : source.probes)
        for (assay::Measurement& row : probe.measurements)
            row.findings.push_back(make_finding("noisy", "The backup to wombat ran meanwhile."));
    const std::string a = folder_.write("a.json", report::run_to_json(source));
    const std::string b = folder_.write("b.json", report::run_to_json(target));
    const std::vector<std::string> compare{"compare", a, b},
        change{"compare", "--before", a, "--after", b};
    for (std::vector<std::string> words : {compare, change})
        for (const char* format : {"text", "json"}) {
            words.insert(words.end(), {"--format", format});
            const Outcome open = run(words);
            EXPECT_THAT(open.out, HasSubstr("wombat")) << words[1];
            words.insert(words.end(), {"--redact", "partner"});
            EXPECT_THAT(run(words).out, Not(HasSubstr("wombat"))) << words[1] << " " << format;
            words.resize(words.size() - 4);
        }
}

TEST_F(RedactCommand, full_is_what_comes_without_the_option) {
    const std::string file = input();
    EXPECT_EQ(run({"report", file, "--format", "json", "--redact", "full"}).out,
              run({"report", file, "--format", "json"}).out);
    EXPECT_FALSE(std::filesystem::exists(folder_.file("state"))) << "nothing to hide, no salt";
}

TEST_F(RedactCommand, a_name_has_one_pseudonym_a_site) {
    const std::string file = input();
    const std::vector<std::string> words{"report", file, "--format", "json", "--redact", "partner"};
    const std::string first = pseudonym_in(run(words).out);
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(pseudonym_in(run(words).out), first);
    std::vector<std::string> of_public = words;
    of_public.back() = "public";
    EXPECT_EQ(pseudonym_in(run(of_public).out), first);
    std::vector<std::string> elsewhere = words;
    elsewhere.insert(elsewhere.end(), {"--salt", folder_.file("other.salt")});
    const std::string second = pseudonym_in(run(elsewhere).out);
    EXPECT_FALSE(second.empty());
    EXPECT_NE(second, first);
    EXPECT_EQ(mode_of(folder_.file("state/assay/redaction.salt")), 0600u);
    EXPECT_EQ(mode_of(folder_.file("state/assay")), 0700u);
    EXPECT_EQ(mode_of(folder_.file("other.salt")), 0600u);
}

TEST_F(RedactCommand, a_salt_that_others_can_read_is_refused) {
    const std::string file = input(), salt = folder_.file("x.salt");
    const std::vector<std::string> words{"report", file, "--redact", "partner", "--salt", salt};
    ASSERT_EQ(run(words).status, 0);
    ASSERT_EQ(::chmod(salt.c_str(), 0640), 0);
    const Outcome refused = run(words);
    EXPECT_EQ(refused.status, 77);
    EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
    EXPECT_THAT(refused.out, IsEmpty());
    ASSERT_EQ(::chmod(salt.c_str(), 0600), 0);
    folder_.write("x.salt", "no salt\n");
    ASSERT_EQ(::chmod(salt.c_str(), 0600), 0);
    EXPECT_EQ(run(words).status, 65);
}

TEST_F(RedactCommand, bad_words_are_a_sentence_and_64) {
    const std::string file = input();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"report", file, "--redact", "secret"},
          {"report", file, "--redact", ""},
          {"compare", file, file, "--redact", "Public"},
          {"report", file, "--salt", folder_.file("s")}}) {
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.status, 64) << words.back();
        EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
        EXPECT_THAT(outcome.out, IsEmpty());
    }
}

TEST_F(RedactCommand, copies_validate_against_the_published_schemas) {
    const std::string file = input(), other = input("b.json", 0.3);
    for (const char* level : {"partner", "public"}) {
        const std::string copy = folder_.write(
            "copy.json", run({"report", file, "--format", "json", "--redact", level}).out);
        EXPECT_EQ(schema_violation(copy), "");
        EXPECT_EQ(run({"report", copy}).status, 0);
        const Outcome judged = run({"compare", file, other, "--format", "json", "--redact", level});
        const std::string document = folder_.write("judged.json", judged.out);
        const Outcome valid = run_python(
            "import json, sys, jsonschema\n"
            "jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))\n"
            "print('valid')\n",
            {std::string(ASSAY_SOURCE_DIR) + "/report/assay.comparison.1.schema.json", document});
        if (run_python("import jsonschema", {}).status == 0) {
            EXPECT_EQ(valid.out, "valid\n") << valid.err;
        }
    }
}

TEST_F(RedactCommand, several_targets_and_a_change_lose_the_names_too) {
    const std::string file = input(), other = input("b.json", 0.3);
    for (const char* level : {"partner", "public"})
        for (const std::vector<std::string>& words :
             {std::vector<std::string>{"compare", file, other, other, "--format", "json"},
              {"compare", file, other, other},
              {"compare", file, other, "--compat"},
              {"compare", "--before", file, "--after", other},
              {"compare", "--before", file, "--after", other, "--format", "json"}}) {
            std::vector<std::string> call = words;
            call.insert(call.end(), {"--redact", level});
            const Outcome outcome = run(call);
            EXPECT_LE(outcome.status, 3) << outcome.err;
            for (const char* name : kNames)
                EXPECT_THAT(outcome.out, Not(HasSubstr(name))) << level;
        }
}

}  // namespace
}  // namespace assay::test
