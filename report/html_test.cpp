#include "report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "engine/score/compare.h"
#include "report/document.h"
#include "report/environment_diff.h"
#include "report/exact.h"
#include "report/quantity.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

namespace assay::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string judged(const Run& source, const Run& target) {
    return comparison_to_html(source, target,
                              score::compare(source, target, score::default_policy()));
}

/// What a reader sees: without the style sheet and the tags.
std::string visible_text(std::string html) {
    html.erase(html.find("<style>"), html.find("</style>") - html.find("<style>"));
    static const std::regex tags(R"(<[^>]*>)");
    return std::regex_replace(html, tags, " ");
}

void add_words(std::set<std::string>& words, const std::string& text) {
    static const std::regex number(R"(\d+(\.\d+)?)");
    for (std::sregex_iterator at(text.begin(), text.end(), number), end; at != end; ++at)
        words.insert(at->str());
}

/// Every number word that the run's own numbers and the terminal's document may show.
std::set<std::string> allowed_words(const Run& run) {
    std::set<std::string> words{"39", "0"};  // &#39;, and the foot of a chart
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements) {
            add_words(words, measurement.metric + exact_conditions(measurement.conditions));
            for (const NamedNumber& number : statistics_of(measurement)) {
                add_words(words, number.statistic);
                add_words(words, quantity(number.value, measurement.unit));
            }
            for (const RoundSeries& round : measurement.series)
                for (const SeriesPoint& point : round.points)
                    add_words(words, quantity(point.per_second, Unit::operations_per_second));
        }
    for (const EnvironmentFact& fact : lasting_facts(run.environment))
        add_words(words, fact.path + " " + fact.value);
    add_words(words, run.run_id + " " + run.tool_version);
    return words;
}

void add_document(std::set<std::string>& words, const Document& document) {
    add_words(words, document.title);
    for (const Fact& fact : document.facts)
        add_words(words, fact.name + " " + fact.value);
    for (const Section& section : document.sections)
        for (const Row& row : section.rows) {
            for (const std::string& cell : row.cells)
                add_words(words, cell);
            add_words(words, row.note);
        }
    for (const Section& section : document.sections)
        for (const Column& column : section.columns)
            add_words(words, column.title);
    for (const Note& note : document.notes)
        add_words(words, note.text + " " + note.advice);
    for (const std::string& step : document.next_steps)
        add_words(words, step);
}

void expect_only(const std::string& html, const std::set<std::string>& allowed) {
    std::set<std::string> shown;
    add_words(shown, visible_text(html));
    EXPECT_GT(shown.size(), 40u);
    for (const std::string& word : shown)
        EXPECT_TRUE(allowed.contains(word)) << "a number from nowhere: " << word;
}

TEST(Html, shows_only_numbers_of_the_run) {
    const assay::Run run = test::full_run();
    std::set<std::string> allowed = allowed_words(run);
    add_document(allowed, document_of(run));
    expect_only(run_to_html(run), allowed);
}

TEST(Html, shows_only_numbers_of_the_comparison) {
    const assay::Run source = test::full_run();
    assay::Run target = test::full_run();
    test::scale_metric(target, "storage.random_read.iops", 0.7);
    const Verdict verdict = score::compare(source, target, score::default_policy());
    std::set<std::string> allowed = allowed_words(source);
    allowed.merge(allowed_words(target));
    add_document(allowed, document_of(source, target, verdict));
    for (const CategoryScore& category : verdict.categories) {
        add_words(allowed, category.ratio ? score_text(*category.ratio) : "");
        for (const MetricRatio& metric : category.metrics) {
            add_words(allowed, score_text(metric.ratio));
            add_words(allowed, metric.statistic);
        }
    }
    const std::string html = comparison_to_html(source, target, verdict);
    expect_only(html, allowed);
    EXPECT_THAT(html, HasSubstr("<polygon"));
    EXPECT_THAT(html, HasSubstr("class=\"whisker\""));
    EXPECT_THAT(html, HasSubstr(std::string(name_of(verdict.decision))));
}

TEST(Html, is_one_file_that_asks_nobody_for_anything) {
    const assay::Run run = test::full_run();
    for (const std::string& html : {run_to_html(run), judged(run, run)}) {
        EXPECT_LT(html.size(), 1'000'000u);
        for (const char* word : {"<script", "<link", "<img", "<iframe", "src=", "href=", "url(",
                                 "@import", "http://", "https://", "onload="})
            EXPECT_THAT(html, Not(HasSubstr(word)));
        EXPECT_THAT(html, HasSubstr("prefers-color-scheme:dark"));
        EXPECT_THAT(html, HasSubstr("@media print"));
        EXPECT_THAT(html, HasSubstr("lang=\"en\""));
    }
}

TEST(Html, hostile_texts_are_shown_as_texts) {
    assay::Run run = test::example_run();
    const std::string evil = "</title><script>alert(1)</script>\"'&\x01\x1b[31m\xff\xEF\xBF\xBE";
    run.label = evil;
    run.probes[0].measurements[0].metric = "cpu." + evil;
    run.probes[0].measurements[0].conditions.push_back({evil, Value(evil)});
    run.findings.push_back({evil, Severity::warning, evil, evil});
    run.environment = Value(Value::Object{{evil, Value(evil)}});
    run.probes.back().reason = Error{ErrorKind::io, std::string(1'000'000, '<'), 0};
    const assay::Run plain = test::example_run();
    for (const std::string& html : {run_to_html(run), judged(plain, run), judged(run, plain)}) {
        EXPECT_THAT(html, Not(HasSubstr("<script")));
        EXPECT_THAT(html, Not(HasSubstr("\x1b")));
        EXPECT_THAT(html, Not(HasSubstr("\xff")));
        EXPECT_LT(html.size(), 1'000'000u);
    }
}

TEST(Html, every_light_has_a_word_beside_its_colour) {
    const std::string html = run_to_html(test::example_run());
    static const std::regex light(
        R"re(class="light (\w+)"><span aria-hidden="true">([^<]+)</span> ([^<]+)</span>)re");
    std::size_t count = 0;
    for (std::sregex_iterator at(html.begin(), html.end(), light), end; at != end; ++at) {
        EXPECT_FALSE((*at)[3].str().empty());
        ++count;
    }
    EXPECT_GT(count, 1u);
    EXPECT_THAT(html, HasSubstr("no number"));
}

}  // namespace
}  // namespace assay::report
