#include "report/formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

#include "engine/score/compare.h"
#include "report/base_unit.h"
#include "report/exact.h"
#include "report/json_writer.h"
#include "tests/support/document_words.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"
#include "tests/support/json_numbers.h"

/// No output may hold a number that the JSON has not: every number of every format is taken out of
/// the text again and looked up.
namespace assay::report {
namespace {

using test::numbers_of_json;
using testing::HasSubstr;
using testing::Not;

using Numbers = test::JsonNumbers;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
    return lines;
}

/// The cells of a line of RFC 4180.
std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells(1);
    bool is_quoted = false;
    for (std::size_t at = 0; at < line.size(); ++at)
        if (line[at] == '"' && is_quoted && at + 1 < line.size() && line[at + 1] == '"')
            cells.back() += line[++at];
        else if (line[at] == '"')
            is_quoted = !is_quoted;
        else if (line[at] == ',' && !is_quoted)
            cells.emplace_back();
        else
            cells.back() += line[at];
    return cells;
}

Run example() {
    return test::full_run();
}
Run target() {
    assay::Run run = test::full_run();
    run.label = "dr-01";
    test::scale_metric(run, "storage.random_read.iops", 0.7);
    return run;
}

/// All numbers of the measurements, as CSV should have them.
Numbers numbers_of_measurements(const Run& run) {
    Numbers numbers;
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            for (const NamedNumber& number : statistics_of(measurement))
                numbers.insert(number.value);
    return numbers;
}

TEST(Formats, csv_has_every_number_of_the_measurements_and_none_that_the_json_lacks) {
    const assay::Run run = example();
    const Numbers json = numbers_of_json(run_to_json(run));
    Numbers found;
    const auto lines = lines_of(run_to_csv(run));
    for (std::size_t at = 1; at < lines.size(); ++at) {
        const auto cells = cells_of(lines[at]);
        ASSERT_EQ(cells.size(), 7u) << lines[at];
        if (cells[5].empty())
            continue;
        const double value = std::stod(cells[5]);
        found.insert(value);
        EXPECT_TRUE(json.contains(value)) << lines[at];
    }
    EXPECT_EQ(found, numbers_of_measurements(run));
    EXPECT_GT(found.size(), 500u);
}

TEST(Formats, csv_of_a_comparison_has_only_numbers_of_its_json) {
    const assay::Run source = example(), other = target();
    const Verdict verdict = score::compare(source, other, score::default_policy());
    const Numbers json = numbers_of_json(comparison_to_json(source, other, verdict));
    const auto lines = lines_of(comparison_to_csv(source, other, verdict));
    EXPECT_GT(lines.size(), 20u);
    for (std::size_t at = 1; at < lines.size(); ++at) {
        const auto cells = cells_of(lines[at]);
        ASSERT_EQ(cells.size(), 7u) << lines[at];
        EXPECT_TRUE(json.contains(std::stod(cells[5]))) << lines[at];
    }
}

/// Is there a number in the JSON that this one is, in base units? Dividing by a power of ten
/// rounds once, so the same division gives the same double.
bool is_in_base_units(double value, const Numbers& json) {
    for (const double divisor : {1.0, base_unit_of(Unit::nanoseconds).divisor})
        if (std::ranges::any_of(json, [&](double number) { return number / divisor == value; }))
            return true;
    return false;
}

TEST(Formats, openmetrics_has_only_numbers_of_the_json_in_base_units) {
    const assay::Run run = example();
    Numbers json = numbers_of_json(run_to_json(run));
    json.insert(1763631000);  // 2025-11-20T09:30:00Z: a text in the JSON
    std::size_t count = 0;
    std::set<std::string> seen;
    for (const std::string& line : lines_of(run_to_openmetrics(run))) {
        if (line.starts_with('#'))
            continue;
        static const std::regex form(
            R"re([a-z][a-zA-Z0-9_]*\{([a-z_][a-zA-Z0-9_]*="[^"\n]*",?)*\} \S+)re");
        EXPECT_TRUE(std::regex_match(line, form)) << line;
        const std::size_t blank = line.rfind(' ');
        EXPECT_TRUE(seen.insert(line.substr(0, blank)).second) << "twice: " << line;
        const double value = std::stod(line.substr(blank + 1));
        const bool is_truth = line.starts_with("assay_run_valid") ||
                              line.starts_with("assay_run_info") ||
                              line.starts_with("assay_probe_measured");
        EXPECT_TRUE(is_truth || is_in_base_units(value, json)) << line;
        ++count;
    }
    EXPECT_GT(count, 200u);
    EXPECT_THAT(run_to_openmetrics(run), HasSubstr("statistic=\"p99\""));
    EXPECT_TRUE(run_to_openmetrics(run).ends_with("# EOF\n"));
}

TEST(Formats, nagios_begins_with_a_short_line_and_has_only_numbers_of_the_json) {
    assay::Run run = example();
    run.label = std::string(300, 'x');
    const Numbers json = numbers_of_json(run_to_json(run));
    const std::string text = run_to_nagios(run);
    EXPECT_LE(lines_of(text)[0].size(), 200u);
    EXPECT_TRUE(text.starts_with("ASSAY "));
    run.label = "prod|01 'a=b'";
    const std::string answer = run_to_nagios(run);
    EXPECT_THAT(lines_of(answer)[0], HasSubstr("prod/01"));
    static const std::regex number(R"re('[^'=|]+'=([-.0-9]+)(s|B)?( |\n))re");
    std::size_t count = 0;
    for (std::sregex_iterator at(answer.begin(), answer.end(), number), end; at != end; ++at) {
        EXPECT_TRUE(is_in_base_units(std::stod((*at)[1].str()), json)) << at->str();
        ++count;
    }
    EXPECT_GT(count, 30u);
    const assay::Run other = target();
    const Verdict verdict = score::compare(example(), other, score::default_policy());
    const std::string judged = comparison_to_nagios(other, verdict);
    EXPECT_LE(lines_of(judged)[0].size(), 200u);
    const Numbers ratios = numbers_of_json(comparison_to_json(example(), other, verdict));
    for (std::sregex_iterator at(judged.begin(), judged.end(), number), end; at != end; ++at)
        EXPECT_TRUE(ratios.contains(std::stod((*at)[1].str()))) << at->str();
}

TEST(Formats, markdown_has_the_numbers_of_the_document_and_no_others) {
    const Document run = document_of(example());
    EXPECT_EQ(test::number_words(to_markdown(run)), test::number_words(test::words_of(run)));
    const assay::Run other = target();
    const Document judged =
        document_of(example(), other, score::compare(example(), other, score::default_policy()));
    EXPECT_EQ(test::number_words(to_markdown(judged)), test::number_words(test::words_of(judged)));
    EXPECT_GT(test::number_words(to_markdown(judged)).size(), 100u);
}

TEST(Formats, junit_numbers_are_those_of_the_json_and_its_counts_add_up) {
    const assay::Run run = test::example_run();
    const std::string text = run_to_junit(run);
    const Numbers json = numbers_of_json(run_to_json(run));
    static const std::regex number(
        R"re((n|median|min|max|mad|ci95_low|ci95_high|p\d+(\.\d+)?)=([-+.0-9e]+))re");
    std::size_t count = 0;
    for (std::sregex_iterator at(text.begin(), text.end(), number), end; at != end; ++at) {
        EXPECT_TRUE(json.contains(std::stod((*at)[3].str()))) << at->str();
        ++count;
    }
    EXPECT_GT(count, 50u);
    EXPECT_THAT(text, HasSubstr("errors=\"1\" skipped=\"1\""));
    EXPECT_THAT(text, HasSubstr("<error message=\"fdatasync of the test file"));
    const assay::Run other = target();
    const Verdict verdict = score::compare(example(), other, score::default_policy());
    EXPECT_THAT(comparison_to_junit(example(), other, verdict), HasSubstr("name=\"decision\""));
}

TEST(Formats, hostile_texts_are_shown_and_obeyed_by_nobody) {
    assay::Run run = test::example_run();
    run.label = "=HYPERLINK(\"http://x\")<script>alert(1)</script>|\n# HELP";
    run.probes[0].measurements[0].conditions[0].value = Value("\"},evil{a=\"\x01\x1b[31m\xff|x|");
    const std::string csv = run_to_csv(run);
    for (const std::string& line : lines_of(csv))
        EXPECT_THAT(line, Not(testing::StartsWith("=")));
    EXPECT_THAT(csv, HasSubstr("\"'=HYPERLINK(\"\"http"));
    const std::string markdown = to_markdown(document_of(run));
    EXPECT_THAT(markdown, Not(HasSubstr("<script")));
    EXPECT_THAT(run_to_junit(run), Not(HasSubstr("<script")));
    EXPECT_THAT(run_to_junit(run), Not(HasSubstr("\x1b")));
    for (const std::string& line : lines_of(run_to_openmetrics(run)))
        EXPECT_TRUE(line.starts_with("assay_") || line.starts_with("# ")) << line;
    EXPECT_THAT(run_to_openmetrics(run), HasSubstr("isa=\"\\\"},evil{a=\\\""));
    EXPECT_EQ(lines_of(run_to_nagios(run))[0].find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace assay::report
