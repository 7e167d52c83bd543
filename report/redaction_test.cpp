#include "report/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/score/compare.h"
#include "report/exact.h"
#include "report/formats.h"
#include "report/free_text.h"
#include "report/html.h"
#include "report/json_reader.h"
#include "report/json_tree.h"
#include "report/json_writer.h"
#include "report/pdf.h"
#include "report/quantity.h"
#include "report/text.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"
#include "tests/support/pdf_words.h"

namespace assay::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Names in the order in which they come: what the command line makes of a salt is its own matter.
Pseudonyms counted_names() {
    auto known = std::make_shared<std::map<std::string, std::string, std::less<>>>();
    return [known](std::string_view name) {
        return known->try_emplace(std::string(name), "id-" + std::string(1 + known->size(), 'q'))
            .first->second;
    };
}

/// Puts a distinctive text, each of another form, in the place of everything that can hold one.
class Planter {
  public:
    static constexpr std::size_t kForms = 8;
    std::string next() {
        const std::string number = std::to_string(planted.size() + 1);
        const std::string word = "Plant" + number + "x";
        const std::array<std::string, kForms> forms{word,
                                                    "/srv/" + word + "/data",
                                                    "10.201.7." + number,
                                                    word + ".corp.example",
                                                    "two words " + word,
                                                    "fe80::ab:" + number + ":cd",
                                                    "SER" + number + "ZX81Q4417",
                                                    "02:42:ac:11:0a:" + number};
        planted.push_back(forms[planted.size() % kForms]);
        return planted.back();
    }
    void into(Value& value) {
        if (value.as_text() != nullptr)
            value = Value(next());
        else if (auto* list = std::get_if<Value::List>(&value.data))
            for (Value& entry : *list)
                into(entry);
        else if (auto* object = std::get_if<Value::Object>(&value.data))
            for (Member& member : *object)
                into(member.value);
    }
    /// A form that says by itself that it is a name: a plain word that a sentence has and nothing
    /// else in the document cannot be known.
    std::string next_of_form() {
        while (planted.size() % kForms == 0 || planted.size() % kForms == 4)
            planted.push_back("/filler/Plant" + std::to_string(planted.size() + 1));
        return next();
    }
    /// A sentence that quotes names which stand elsewhere, and some that stand nowhere else.
    std::string sentence() {
        std::string text = "Open 'only Plant here' on " + next_of_form() + " failed";
        for (const std::string& name : planted)
            text += ", see " + name + "/sub and x-" + name;
        return text + ".";
    }
    std::vector<std::string> planted;
};

assay::Run planted_run(Planter& planter, const assay::Run& from) {
    assay::Run run = from;
    run.label = planter.next();
    run.profile_name = planter.next();
    planter.into(run.environment);
    for (ProbeResult& probe : run.probes) {
        for (Measurement& measurement : probe.measurements) {
            for (Condition& condition : measurement.conditions)
                if (condition.name == "path" || condition.name == "peer")
                    planter.into(condition.value);
        }
        for (RoundRecord& round : probe.rounds)
            round.case_name = planter.next();
    }
    // Sentences quote the network's and the storage's names of above.
    for (ProbeResult& probe : run.probes) {
        if (probe.reason)
            probe.reason->message = planter.sentence();
        if (!probe.measurements.empty())
            probe.measurements.front().findings.push_back(
                make_finding("other_load", planter.sentence()));
    }
    run.findings.push_back(make_finding("other_load", planter.sentence()));
    run.resources.columns.push_back(planter.next());
    for (auto& row : run.resources.rows)
        row.emplace_back(1.0);
    return run;
}

std::string shown_pdf(const PdfReport& report) {
    const auto pdf = to_pdf(report);
    EXPECT_TRUE(pdf) << (pdf ? "" : pdf.error().message);
    return pdf ? *pdf + test::text_of_pdf(*pdf) : "";
}

using Outputs = std::map<std::string, std::string>;

Outputs outputs_of(const Run& run) {
    const TextStyle style{.colour = false, .utf8 = true, .columns = 200};
    return {{"json", run_to_json(run)},
            {"text", run_to_text(run, style)},
            {"html", run_to_html(run)},
            {"csv", run_to_csv(run)},
            {"markdown", to_markdown(document_of(run))},
            {"junit", run_to_junit(run)},
            {"openmetrics", run_to_openmetrics(run)},
            {"nagios", run_to_nagios(run)},
            {"pdf", shown_pdf(pdf_report_of(run))}};
}

Outputs outputs_of(const Run& source, const Run& target, const Verdict& verdict) {
    const TextStyle style{.colour = false, .utf8 = true, .columns = 200};
    return {{"json", comparison_to_json(source, target, verdict)},
            {"compat", compatible_to_json(target, verdict)},
            {"text", comparison_to_text(source, target, verdict, style)},
            {"html", comparison_to_html(source, target, verdict)},
            {"csv", comparison_to_csv(source, target, verdict)},
            {"markdown", to_markdown(document_of(source, target, verdict))},
            {"junit", comparison_to_junit(source, target, verdict)},
            {"nagios", comparison_to_nagios(target, verdict)},
            {"pdf", shown_pdf(pdf_report_of(source, target, verdict))}};
}

void expect_none(const Outputs& outputs, const std::vector<std::string>& planted) {
    for (const auto& [format, text] : outputs) {
        const std::string lower = lower_case(text);
        for (const std::string& name : planted)
            EXPECT_EQ(lower.find(lower_case(name)), std::string::npos)
                << format << " holds " << name << " near "
                << lower.substr(
                       lower.find(lower_case(name)) < 60 ? 0 : lower.find(lower_case(name)) - 60,
                       160);
        EXPECT_EQ(lower.find("plant"), std::string::npos) << format;
        EXPECT_EQ(lower.find("10.201.7."), std::string::npos) << format;
    }
}

Run weakened(double factor) {
    assay::Run run = test::full_run();
    for (const char* metric : {"storage.random_read.iops", "storage.random_write.iops",
                               "storage.mixed.iops", "network.tcp.bandwidth"})
        test::scale_metric(run, metric, factor);
    return run;
}

struct Judged {
    Run source, target;
    Verdict verdict;
    std::vector<std::string> planted;
};
Judged planted_comparison() {
    Planter planter;
    Judged all{planted_run(planter, test::full_run()), planted_run(planter, weakened(0.1)), {}, {}};
    all.verdict = score::compare(all.source, all.target, score::default_policy());
    std::size_t count = 0;
    for (CategoryScore& category : all.verdict.categories)
        for (MetricRatio& metric : category.metrics)
            metric.conditions += " " + planter.planted[7 * (++count) % 40];
    all.verdict.categories.back().gaps.push_back({"network.x", "p99", planter.sentence(), true});
    all.verdict.reasons.push_back(planter.sentence());
    all.verdict.policy = planter.next();
    LimitResult limit;
    limit.name = planter.next();
    limit.metric = "storage.fsync.latency";
    limit.bound = 123'456'789.125;
    limit.value = 987'654'321.5;
    limit.why = planter.sentence();
    limit.source = planter.sentence();
    limit.waiver = Waiver{};
    limit.waiver->who = planter.next();
    limit.waiver->why = planter.sentence();
    all.verdict.limits.push_back(limit);
    all.verdict.recommendations.push_back({"x",
                                           RecommendationKind::suggestion,
                                           Concern::caution,
                                           "storage",
                                           planter.sentence(),
                                           {},
                                           planter.sentence()});
    all.planted = planter.planted;
    return all;
}

TEST(Redaction, leaves_none_of_the_names_of_a_run_in_any_format) {
    Planter planter;
    const assay::Run run = planted_run(planter, test::full_run());
    EXPECT_GT(planter.planted.size(), 40u);
    // The test would be worth nothing if the formats did not show them in the first place.
    std::size_t in_json = 0;
    for (const std::string& name : planter.planted)
        in_json += run_to_json(run).find(name) != std::string::npos ? 1 : 0;
    EXPECT_EQ(in_json, planter.planted.size());
    for (const Redaction level : {Redaction::partner, Redaction::open}) {
        Redactor redactor(level, counted_names());
        expect_none(outputs_of(redactor.redacted(run)), planter.planted);
    }
}

TEST(Redaction, leaves_none_of_the_names_of_a_comparison_in_any_format) {
    const Judged all = planted_comparison();
    for (const Redaction level : {Redaction::partner, Redaction::open}) {
        Redactor redactor(level, counted_names());
        const assay::Run source = redactor.redacted(all.source);
        const assay::Run target = redactor.redacted(all.target);
        expect_none(outputs_of(source, target, redactor.redacted(all.verdict)), all.planted);
    }
}

/// How each absolute number would stand in any of the formats.
std::set<std::string> absolute_texts(const Run& run) {
    std::set<std::string> texts;
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            if (measurement.unit != Unit::ratio && measurement.unit != Unit::count)
                for (const NamedNumber& number : statistics_of(measurement))
                    if (number.value > 1000 && number.statistic != "n" &&
                        number.statistic != "operations") {
                        texts.insert(quantity(number.value, measurement.unit));
                        texts.insert(exact(number.value));
                        texts.insert(exact_fixed(number.value));
                    }
    return texts;
}

/// As a number of its own, and not as some digits of another.
bool holds_number(const std::string& text, const std::string& number) {
    const auto goes_on = [](char character) {
        return (character >= '0' && character <= '9') || character == '.';
    };
    for (std::size_t at = text.find(number); at != std::string::npos;
         at = text.find(number, at + 1)) {
        const std::size_t end = at + number.size();
        if ((at == 0 || !goes_on(text[at - 1])) && (end == text.size() || !goes_on(text[end])))
            return true;
    }
    return false;
}

TEST(Redaction, leaves_no_absolute_number_in_a_public_copy) {
    const Judged all = planted_comparison();
    Redactor redactor(Redaction::open, counted_names());
    const assay::Run source = redactor.redacted(all.source);
    const assay::Run target = redactor.redacted(all.target);
    const Verdict verdict = redactor.redacted(all.verdict);
    std::set<std::string> numbers = absolute_texts(all.source);
    numbers.merge(absolute_texts(all.target));
    numbers.insert({exact(123'456'789.125), exact(987'654'321.5), "68719476736", "68.7 GB"});
    EXPECT_GT(numbers.size(), 300u);
    std::size_t seen_in_full = 0;
    const std::string full = run_to_json(all.source);
    for (const std::string& number : numbers)
        seen_in_full += full.find(number) != std::string::npos ? 1 : 0;
    EXPECT_GT(seen_in_full, 100u);
    for (const Outputs& outputs : {outputs_of(source), outputs_of(source, target, verdict)})
        for (const auto& [format, text] : outputs)
            for (const std::string& number : numbers)
                EXPECT_FALSE(holds_number(text, number)) << format << " holds " << number;
    for (const ProbeResult& probe : source.probes)
        EXPECT_TRUE(probe.measurements.empty());
}

TEST(Redaction, keeps_the_decision_and_every_ratio) {
    const Judged all = planted_comparison();
    for (const Redaction level : {Redaction::partner, Redaction::open}) {
        Redactor redactor(level, counted_names());
        redactor.learn(all.source);
        redactor.learn(all.target);
        const Verdict verdict = redactor.redacted(all.verdict);
        EXPECT_EQ(verdict.decision, all.verdict.decision);
        EXPECT_EQ(verdict.overall, all.verdict.overall);
        ASSERT_EQ(verdict.categories.size(), all.verdict.categories.size());
        for (std::size_t index = 0; index < verdict.categories.size(); ++index) {
            EXPECT_EQ(verdict.categories[index].ratio, all.verdict.categories[index].ratio);
            ASSERT_EQ(verdict.categories[index].metrics.size(),
                      all.verdict.categories[index].metrics.size());
            for (const MetricRatio& metric : verdict.categories[index].metrics)
                EXPECT_EQ(metric.source.has_value(), level == Redaction::partner);
        }
        // The required upgrades are what the reader came for: at least that there are some.
        const auto is_upgrade = [](const Recommendation& row) {
            return row.kind == RecommendationKind::required_upgrade;
        };
        EXPECT_GT(std::ranges::count_if(all.verdict.recommendations, is_upgrade), 0);
        EXPECT_EQ(std::ranges::count_if(verdict.recommendations, is_upgrade),
                  std::ranges::count_if(all.verdict.recommendations, is_upgrade));
    }
}

TEST(Redaction, of_a_partner_keeps_the_numbers_and_the_technical_words) {
    const assay::Run run = test::example_run();
    Redactor redactor(Redaction::partner, counted_names());
    const assay::Run copy = redactor.redacted(run);
    EXPECT_EQ(copy.probes[0].measurements[0].samples, run.probes[0].measurements[0].samples);
    EXPECT_EQ(*copy.environment.find("storage")->find("filesystem")->as_text(), "ext4");
    EXPECT_EQ(*copy.environment.find("host")->find("hypervisor")->as_text(), "kvm");
    EXPECT_EQ(*copy.environment.find("kernel")->find("release")->as_text(), "6.1.0");
    EXPECT_THAT(*copy.environment.find("host")->find("hostname")->as_text(), StartsWith("id-"));
    // One name, one pseudonym: the path is a fact of the environment and a condition.
    EXPECT_EQ(*copy.environment.find("storage")->find("path")->as_text(),
              *copy.probe("storage.random_read")->measurements[0].condition("path")->as_text());
    EXPECT_EQ(*copy.probe("storage.random_read")->measurements[0].condition("engine")->as_text(),
              "io_uring");
    EXPECT_EQ(copy.findings.back().id, "redacted");
}

TEST(Redaction, takes_a_host_by_its_name_even_where_that_is_a_technical_word) {
    assay::Run run = test::example_run();
    run.label = "metal";
    run.findings.push_back(make_finding("other_load", "Host metal was busy."));
    Redactor redactor(Redaction::partner, counted_names());
    EXPECT_THAT(run_to_json(redactor.redacted(run)), Not(HasSubstr("metal")));
}

TEST(Redaction, gives_runs_that_read_back) {
    for (const Redaction level : {Redaction::partner, Redaction::open}) {
        Redactor redactor(level, counted_names());
        const std::string text = run_to_json(redactor.redacted(test::full_run()));
        const auto again = read_run(text);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(run_to_json(*again), text);
    }
}

TEST(Redaction, finds_in_sentences_what_looks_like_a_name) {
    const Names names{"prod"};
    const auto hidden = [&](std::string_view text) {
        return without_names(text, names, [](std::string_view) { return std::string("*"); });
    };
    EXPECT_EQ(hidden("write to /srv/data: no space"), "write to *: no space");
    EXPECT_EQ(hidden("the path '/a b'"), "the path '*'");
    EXPECT_EQ(hidden("peer 10.1.2.3:7443 is away."), "peer * is away.");
    EXPECT_EQ(hidden("peer [fe80::1%eth0]:7443"), "peer [*]:7443");
    EXPECT_EQ(hidden("card 02:42:ac:11:00:02,"), "card *,");
    EXPECT_EQ(hidden("host db1.corp.example answered"), "host * answered");
    EXPECT_EQ(hidden("disk S4EVNX0R123456 wears"), "disk * wears");
    EXPECT_EQ(hidden("PROD-db7/x is slow"), "* is slow");
    EXPECT_EQ(hidden("storage.fsync.latency is 9.6 ms, 3.2 MB/s, 4096 B, p99.9"),
              "storage.fsync.latency is 9.6 ms, 3.2 MB/s, 4096 B, p99.9");
}

TEST(Redaction, knows_technical_words_and_nothing_else) {
    for (const char* text : {"ext4", "rw,relatime", "mq-deadline", "0-15,32-47", "kvm-clock", ""})
        EXPECT_TRUE(is_technical(text)) << text;
    for (const char* text : {"acme", "ext4-acme", "10.0.0.9", "/data", "123456789", "d\u00e4ta",
                             "00:11:22:33:44:55", "acme-kvm"})
        EXPECT_FALSE(is_technical(text)) << text;
    EXPECT_TRUE(is_processor_model("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz"));
    EXPECT_TRUE(is_processor_model("AMD EPYC 7763 64-Core Processor"));
    EXPECT_FALSE(is_processor_model("Acme special build"));
}

}  // namespace
}  // namespace assay::report
