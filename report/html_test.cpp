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
#include "report/run_charts.h"
#include "tests/support/deep_run.h"
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
    // That these are numbers of the result file is held by run_charts_test.
    for (const Chart& chart : document.charts) {
        add_words(words, chart.title + " " + chart.note + " " + chart.x.title);
        for (const ChartLine& line : chart.lines) {
            add_words(words, line.name);
            for (const ChartPoint& point : line.points)
                add_words(words, point.x.text + " " + point.y.text + " " +
                                     (point.from ? point.from->text : ""));
        }
    }
}

void expect_only(const std::string& html, const std::set<std::string>& allowed) {
    std::set<std::string> shown;
    add_words(shown, visible_text(html));
    EXPECT_GT(shown.size(), 40u);
    for (const std::string& word : shown)
        EXPECT_TRUE(allowed.contains(word)) << "a number from nowhere: " << word;
}

TEST(Html, shows_only_numbers_of_the_run) {
    for (const assay::Run& run : {test::full_run(), test::deep_run()}) {
        std::set<std::string> allowed = allowed_words(run);
        add_document(allowed, document_of(run));
        expect_only(run_to_html(run), allowed);
    }
}

TEST(Html, shows_only_numbers_of_the_comparison) {
    const assay::Run source = test::deep_run();
    assay::Run target = test::deep_run(1.2);
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
    const assay::Run run = test::deep_run();
    for (const std::string& html : {run_to_html(run), judged(run, test::deep_run(1.4))}) {
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

TEST(Html, every_chart_has_its_numbers_in_a_table_and_its_lines_in_words) {
    const assay::Run source = test::deep_run(), target = test::deep_run(1.2);
    const std::vector<Chart> charts = charts_of(source, target);
    const std::string html = judged(source, target);
    const auto count = [&](const std::string& part) {
        std::size_t times = 0;
        for (std::size_t at = 0; (at = html.find(part, at)) != std::string::npos; ++at)
            ++times;
        return times;
    };
    EXPECT_GT(charts.size(), 20u);
    EXPECT_EQ(count("<details>"), charts.size());
    EXPECT_EQ(count("<table class=\"points\">"), charts.size());
    EXPECT_EQ(count("role=\"img\" aria-label="), charts.size() + 2) << "radar and bars";
    EXPECT_EQ(count("<ul class=\"legend\">"), charts.size()) << "source and target";
}

TEST(Html, a_run_with_more_charts_than_a_page_holds_stays_under_its_limit_and_says_so) {
    assay::Run run = test::deep_run();
    ProbeResult& probe = test::probe_of(run, "storage.random_read");
    const std::vector<Measurement> once = probe.measurements;
    for (int copy = 0; copy < 40; ++copy)
        for (Measurement measurement : once) {
            measurement.metric += std::to_string(copy);
            measurement.conditions.push_back({"load", Value(std::string(1500, 'x'))});
            probe.measurements.push_back(std::move(measurement));
        }
    const std::string html = run_to_html(run);
    EXPECT_LT(html.size(), 1'000'000u);
    EXPECT_THAT(html, HasSubstr("in the result file"));
}

TEST(Html, a_line_of_a_table_ends_at_an_arrow_and_not_inside_a_number) {
    const std::string html = judged(test::example_run(), test::example_run());
    EXPECT_THAT(html, HasSubstr(">124&nbsp;kop/s \u2192 124&nbsp;kop/s</td>"));
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
